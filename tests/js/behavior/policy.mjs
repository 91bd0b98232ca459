export const policyTests = () => [];
