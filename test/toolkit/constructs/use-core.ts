import { registerHooks } from "node:module";

/** Loaded before a program: `cdktf` is then the package that CDKTF_CORE names, for our code and the provider's. */
const core = process.env["CDKTF_CORE"]!;

registerHooks({
  resolve: (specifier, context, next) => next(specifier.replace(/^cdktf(?=$|\/)/, core), context),
});
