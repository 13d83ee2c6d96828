#include "core/base/regex.h"

#include <utility>

namespace limpet {
namespace {

// Bytes of a program and of what it keeps while matching.
constexpr int64_t kMaxMemory = 1 << 20;
constexpr int64_t kMaxMemoryOfSet = 256 << 10;
constexpr int64_t kMaxMemoryOfSetForEach = 8 << 10;

RE2::Options options_with(int64_t max_memory) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(max_memory);
  return options;
}

}  // namespace

std::shared_ptr<const RE2> compile_regex(std::string_view pattern, std::string* problem) {
  auto regex = std::make_shared<const RE2>(pattern, options_with(kMaxMemory));
  if (regex->ok()) return regex;
  if (problem != nullptr) *problem = regex->error();
  return nullptr;
}

std::unique_ptr<RE2::Set> compile_regex_set(std::span<const RE2* const> expressions) {
  const int64_t size = static_cast<int64_t>(expressions.size());
  auto set = std::make_unique<RE2::Set>(
      options_with(kMaxMemoryOfSet + size * kMaxMemoryOfSetForEach), RE2::ANCHOR_BOTH);
  for (const RE2* expression : expressions) {
    if (set->Add(expression->pattern(), nullptr) < 0) return nullptr;
  }
  return set->Compile() ? std::move(set) : nullptr;
}

}  // namespace limpet
