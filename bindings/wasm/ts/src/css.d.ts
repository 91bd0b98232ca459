/** A style sheet. The build minifies it, and replaces its import by its text. */
declare module "*.css" {
  const text: string;
  export default text;
}
