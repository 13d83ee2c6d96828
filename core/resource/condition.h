// Conditions, as k8s.io/apimachinery has them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "limpet/v1/resource.pb.h"

namespace limpet {

inline constexpr std::string_view kTrue = "True";
inline constexpr std::string_view kFalse = "False";
inline constexpr std::string_view kUnknown = "Unknown";

// What a condition says, without its type and the generation that it was seen for.
struct Verdict {
  std::string_view status;  // kTrue, kFalse or kUnknown
  std::string_view reason;  // a word in CamelCase
  std::string message = {};
};

void set_condition(v1::Condition& condition, std::string_view type, int64_t generation,
                   const Verdict& verdict);

}  // namespace limpet
