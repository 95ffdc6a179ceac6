import type { MachineSurvey } from "../survey/machine.ts";

/** What the others will say when these machines have left: their mail nodes are told first that a member goes. */
export function afterwards(
  surveys: ReadonlyMap<string, MachineSurvey>,
  left: readonly string[],
): ReadonlyMap<string, MachineSurvey> {
  return new Map(
    [...surveys]
      .filter(([name]) => !left.includes(name))
      .map(([name, survey]) => {
        const { mailNode } = survey;
        if (!mailNode?.cluster) return [name, survey] as const;
        const members = mailNode.cluster.members.filter(({ node }) => !left.includes(node));
        return [
          name,
          { ...survey, mailNode: { ...mailNode, cluster: { ...mailNode.cluster, members } } },
        ] as const;
      }),
  );
}
