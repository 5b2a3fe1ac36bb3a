/** A run that could not be finished. The message is a sentence for the reader; a page shows it as it is. */
export class SolverError extends Error {}
SolverError.prototype.name = "SolverError";
