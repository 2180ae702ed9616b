export const formats: readonly { readonly name: string }[];
