//! The hook contract: manifests, signed lists and the WebAssembly sandbox.
