/** The reference's numbered test cases: number, class, and the names of its methods. A star marks what came first. */
export interface ReferenceCase {
  readonly number: number;
  readonly star: boolean;
  readonly class: string;
  readonly names: readonly string[];
}

const table = `
1★ TestDatasetRandomSplit test_lengths_must_equal_dataset_size
2★ TestDatasetRandomSplit test_splits_have_correct_size
3★ TestDatasetRandomSplit test_splits_are_mutually_exclusive
4 TestDatasetRandomSplit test_splits_indexing_type
5★ TestDatasetRandomSplit test_splits_reproducibility
6 TestDatasetRandomSplit test_incomplete_fractional_splits
7 TestDatasetRandomSplit test_splits_generator
8 TestDatasetRandomSplit test_slicing_of_subset_of_dataset
9 TestDatasetRandomSplit test_slicing_of_subset_of_subset
10 TestTensorDataset test_getitem
11 TestTensorDataset test_many_tensors
12 TestStackDataset test_empty
13 TestStackDataset test_mixed
14 TestStackDataset test_size_mismatch
15 TestStackDataset test_getitem
16★ TestStackDataset test_getitems
17 TestStackDataset test_getitems_value_error
18 TestConcatDataset test_concat_two_non_singletons_with_empty
19 TestConcatDataset test_concat_raises_index_error
20 TestConcatDataset test_add_dataset
21★ TestConcatDataset test_iterable_dataset_err
22★ TestDataLoader test_chain_iterable_style_dataset
23★ TestDataLoader test_invalid_ctor_args_combinations
24 TestDataLoader test_invalid_assign_after_init
25★ TestDataLoader test_len
26★ TestDataLoader test_iterabledataset_len
27 TestDataLoader test_growing_dataset
28 TestDataLoader test_excessive_thread_creation_warning
29 TestDataLoader test_random_sampler_len_with_replacement test_random_sampler_len_without_replacement
30★ TestDataLoader test_sequential_batch
31 TestDataLoader test_sequential_nonbatch
32★ TestDataLoader test_seqential_batch_workers
33 TestDataLoader test_seqential_batch_workers_prefetch
34★ TestDataLoader test_shuffle_batch
35 TestDataLoader test_shuffle_batch_none
36★ TestDataLoader test_shuffle_batch_workers
37★ TestDataLoader test_shuffle_reproducibility
38★ TestDataLoader test_random_sampler
39 TestDataLoader test_sampler_reproducibility
40 TestDataLoader test_sampler
41★ TestDataLoader test_batch_sampler
42 TestDataLoader test_bulk_loading_nobatch
43 TestDataLoader test_builtin_collection_conversion
44★ TestDataLoader test_iterable_style_dataset
45 TestDataLoader test_multi_epochs_reproducibility
46 TestIndividualWorkerQueue test_ind_worker_queue
47★ TestDataLoader test_worker_seed
48★ TestDataLoader test_worker_seed_reproducibility
49 TestDataLoader test_worker_init_fn
50★ TestDataLoader test_get_worker_info
51 TestDataLoader test_numpy_gen_state
52★ TestDataLoaderPersistentWorkers test_dataset_not_reset
53★ TestDataLoader test_error test_error_workers
54★ TestDataLoader test_error_in_init
55★ TestDataLoader test_timeout
56★ TestDataLoader test_segfault
57★ TestDataLoader test_partial_workers
58★ TestDataLoader test_proper_exit
59 TestDataLoader test_large_sampler_indices
60 TestDataLoaderPersistentWorkers test_early_exit
61 TestDataLoader test_multiple_dataloaders
62 TestDataLoader test_fd_limit_exceeded
63★ TestDataLoader test_default_collate_dtype
64★ TestDataLoader test_default_collate_bad_sequence_type
65 TestDataLoader test_default_collate_mapping_keep_type test_default_collate_sequence_keep_type
66 TestDataLoader test_default_collate_sequence_dont_keep_type
67 TestDataLoader test_default_collate_bad_numpy_types
68 TestDataLoader test_numpy_scalars
69 TestDataLoader test_default_collate_shared_tensor
70 TestDataLoader test_default_convert_mapping_keep_type test_default_convert_sequence_keep_type
71★ TestDictDataLoader test_sequential_batch
72 TestNamedTupleDataLoader test_dataloader_with_namedtuple
73 TestStringDataLoader test_shuffle_pin_memory
74 TestCustomPinFn test_custom_batch_pin test_custom_batch_pin_worker
75★ TestOutOfOrderDataLoader test_in_order_index_ds
76★ TestOutOfOrderDataLoader test_out_of_order_index_ds
77 TestOutOfOrderDataLoader test_in_order_iterable_ds
78 TestOutOfOrderDataLoader test_out_of_order_iterable_ds
79 TestDataLoader test_distributed_sampler_invalid_rank
80 TestDataLoader test_duplicating_data_with_drop_last
`;

export const referenceCases: readonly ReferenceCase[] = table
  .trim()
  .split("\n")
  .map((row) => {
    const [number, owner, ...names] = row.split(" ");
    return { number: Number.parseInt(number, 10), star: number.endsWith("★"), class: owner, names };
  });

/** torchdata's StatefulDataLoader: the cases of the reference's last paragraph. */
export const resumeCases: readonly string[] = [
  "test_no_mp",
  "test_mp_x",
  "test_mp_pw",
  "test_mp_every_n_steps",
  "test_random_state",
  "test_generator",
  "test_generator_no_state",
  "test_iterable",
  "test_map",
  "test_map_shuffle",
  "test_map_iterrupted_shuffle",
  "test_num_workers_mismatch",
  "test_two_dataloaders",
  "test_fast_state_dict_request",
  "test_fast_state_dict_request_skip_steps",
  "test_json_serde_single_process",
  "test_json_serde_multi_process",
  "test_initial_state",
  "test_load_state_after_initial_state_dict",
  "test_load_state_before_initial_state_dict",
  "test_init_error",
  "test_iteration_error",
  "test_load_then_state",
  "test_multi_epoch_sdl",
  "test_end_of_epoch_behavior",
  "test_notstatefulSDL",
  "test_inline",
  "test_pw",
  "test_inline_iter",
  "test_mp_iter",
  "test_out_of_order_index_ds",
  "test_out_of_order_iterable_ds_one_completed_worker",
  "test_out_of_order_iterable_ds_no_completed_workers",
];
