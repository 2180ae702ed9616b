/** A dataset restricted to some indices of another (torch.utils.data.Subset). */
import type { Dataset } from "../../contracts/dataset.js";

/** The samples of `dataset` at `indices`, in that order; closing it is left to whoever opened `dataset`. */
export function subset<S>(dataset: Dataset<S>, indices: ArrayLike<number>): Dataset<S> {
  const getMany = dataset.getMany?.bind(dataset);
  const key = dataset.key?.bind(dataset);
  const column = dataset.column?.bind(dataset);
  return {
    length: indices.length,
    facts: dataset.facts,
    get: (index, context) => dataset.get(indices[index], context),
    getMany:
      getMany &&
      ((wanted, context) =>
        getMany(
          wanted.map((index) => indices[index]),
          context,
        )),
    key: key && ((index) => key(indices[index])),
    column: column && ((name) => select(column(name), indices)),
  };
}

function select(values: ArrayLike<number | string> | undefined, indices: ArrayLike<number>) {
  return values && Array.from({ length: indices.length }, (_, i) => values[indices[i]]);
}
