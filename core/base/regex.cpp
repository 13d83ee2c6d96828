#include "core/base/regex.h"

namespace limpet {
namespace {

constexpr int64_t kMaxMemory = 1 << 20;  // bytes of a program and of what it keeps while matching

}  // namespace

std::shared_ptr<const RE2> compile_regex(std::string_view pattern, std::string* problem) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMaxMemory);
  auto regex = std::make_shared<const RE2>(pattern, options);
  if (regex->ok()) return regex;
  if (problem != nullptr) *problem = regex->error();
  return nullptr;
}

}  // namespace limpet
