// The way from one byte string to another that is mostly the same: pieces of the old one, and new
// bytes between them. For entries of the state of which a little changes, such as one endpoint of
// a slice of a thousand: what goes over the wire is the little.
//
// Knows nothing of what the bytes mean. Whether the result is right is for the caller's digest to
// tell.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace limpet {

// Copies [offset, offset + size) of the old bytes, then adds `insert`.
struct PatchStep {
  uint32_t offset = 0;
  uint32_t size = 0;
  std::string insert;
};

// Takes time in proportion to the two sizes. Good when runs of 32 bytes and more are shared, in any
// order; never wrong.
std::vector<PatchStep> make_patch(std::string_view before, std::string_view after);

// Nothing when the patch does not fit the bytes, or would make more than `max_size`.
std::optional<std::string> apply_patch(std::string_view before,
                                       const std::vector<PatchStep>& patch, size_t max_size);

// Bytes that the patch takes on the wire, as nearly as it matters.
size_t wire_size(const std::vector<PatchStep>& patch);

}  // namespace limpet
