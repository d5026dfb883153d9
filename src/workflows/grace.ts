/** How long the data of a soft removal are kept unless somebody says otherwise. */
export const DEFAULT_GRACE_DAYS = 30
