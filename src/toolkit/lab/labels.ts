/** Names the lab on everything that it made, so that removal needs no list. */
export const LAB_LABEL = "mailbastion.lab";
/** The project folder that the lab belongs to: two checkouts may not take each other's machines. */
export const PROJECT_LABEL = "mailbastion.project";
/** Hash of the shape that a container was made from, to see that it still is what the description asks for. */
export const SHAPE_LABEL = "mailbastion.shape";
