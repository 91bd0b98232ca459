/**
 * What the main entry is in Node, whatever a bundler takes the platform for; and the file storage, to say where.
 */

export * from "./index.node.js";
export { fileStorage, type FileStorageOptions } from "./node/file-storage.js";
