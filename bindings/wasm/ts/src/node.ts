/**
 * What the main entry is in Node, whatever platform a bundler assumes; and the file storage, to choose its directory.
 */

export * from "./index.node.js";
export { fileStorage, type FileStorageOptions } from "./node/file-storage.js";
