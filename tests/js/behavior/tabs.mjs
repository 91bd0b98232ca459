export const tabTests = () => [];
