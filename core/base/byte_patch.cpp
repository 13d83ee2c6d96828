#include "core/base/byte_patch.h"

#include <absl/container/flat_hash_map.h>

#include "core/base/text.h"

namespace limpet {
namespace {

// Old bytes are known by their aligned blocks; a shared run of 2 * kBlock - 1 bytes holds a whole
// block wherever it begins.
constexpr size_t kBlock = 16;

using Blocks = absl::flat_hash_map<absl::string_view, uint32_t>;

Blocks index_blocks(std::string_view bytes) {
  Blocks blocks;
  blocks.reserve(bytes.size() / kBlock);
  for (size_t at = 0; at + kBlock <= bytes.size(); at += kBlock) {
    blocks.try_emplace(absl_view(bytes.substr(at, kBlock)), static_cast<uint32_t>(at));
  }
  return blocks;
}

size_t common_prefix(std::string_view a, std::string_view b) {
  size_t size = 0;
  while (size < a.size() && size < b.size() && a[size] == b[size]) ++size;
  return size;
}

}  // namespace

std::vector<PatchStep> make_patch(std::string_view before, std::string_view after) {
  const Blocks blocks = index_blocks(before);
  std::vector<PatchStep> patch(1);
  // Where the old bytes are likely to go on: behind the last piece.
  size_t expected = 0;
  for (size_t at = 0; at < after.size();) {
    size_t from = expected;
    size_t size = common_prefix(before.substr(from), after.substr(at));
    if (size < kBlock && at + kBlock <= after.size()) {
      const auto found = blocks.find(absl_view(after.substr(at, kBlock)));
      if (found != blocks.end()) {
        from = found->second;
        size = common_prefix(before.substr(from), after.substr(at));
      }
    }
    if (size < kBlock) {
      patch.back().insert.push_back(after[at++]);
      continue;
    }
    // Bytes before the block may belong to the same piece.
    std::string& inserted = patch.back().insert;
    while (!inserted.empty() && from > 0 && before[from - 1] == inserted.back()) {
      inserted.pop_back();
      --from;
      --at;
      ++size;
    }
    patch.push_back({static_cast<uint32_t>(from), static_cast<uint32_t>(size), {}});
    at += size;
    expected = from + size;
  }
  return patch;
}

std::optional<std::string> apply_patch(std::string_view before,
                                       const std::vector<PatchStep>& patch, size_t max_size) {
  std::string after;
  for (const PatchStep& step : patch) {
    if (step.offset > before.size() || step.size > before.size() - step.offset) {
      return std::nullopt;
    }
    if (after.size() + step.size + step.insert.size() > max_size) return std::nullopt;
    after.append(before.substr(step.offset, step.size)).append(step.insert);
  }
  return after;
}

size_t wire_size(const std::vector<PatchStep>& patch) {
  constexpr size_t kStep = 12;  // two numbers, and the framing of three fields
  size_t size = 0;
  for (const PatchStep& step : patch) size += kStep + step.insert.size();
  return size;
}

}  // namespace limpet
