/** @millrace/mpi: processes that train one model together, found by MPI. */
import mpi from "./mpi.js";

export default [mpi];
