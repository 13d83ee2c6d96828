// Whether an endpoint's answer to a try is one of those that its HealthCheckPolicy asks for.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "core/routing/health_settings.h"

namespace limpet {

struct HealthAnswer {
  int status = 0;
  std::vector<std::pair<std::string_view, std::string_view>> headers;  // each field by itself
  std::string_view body;  // its first HealthSettings::kMaxBody bytes
};

// By one of the settings' matches, all that it says. Names of headers are compared without regard
// to case, their values are not.
bool matches_answer(const HealthSettings& settings, const HealthAnswer& answer);

// Whether the answer's body has a say.
bool needs_body(const HealthSettings& settings);

}  // namespace limpet
