#include "proxy/control/health_answer.h"

#include <algorithm>

#include <absl/strings/match.h>

#include "core/base/text.h"

namespace limpet {
namespace {

bool takes_status(const HealthMatch& match, int status) {
  if (match.statuses.empty()) return status >= 200 && status <= 399;
  return std::find(match.statuses.begin(), match.statuses.end(), status) != match.statuses.end();
}

bool takes(const HealthMatch& match, const HealthAnswer& answer) {
  if (!takes_status(match, answer.status) || !contains(answer.body, match.body)) return false;
  return std::all_of(match.headers.begin(), match.headers.end(), [&](const auto& wanted) {
    return std::any_of(answer.headers.begin(), answer.headers.end(), [&](const auto& field) {
      return absl::EqualsIgnoreCase(absl_view(field.first), absl_view(wanted.first)) &&
             field.second == wanted.second;
    });
  });
}

}  // namespace

bool matches_answer(const HealthSettings& settings, const HealthAnswer& answer) {
  if (settings.matches.empty()) return takes({}, answer);
  return std::any_of(settings.matches.begin(), settings.matches.end(),
                     [&](const HealthMatch& match) { return takes(match, answer); });
}

bool needs_body(const HealthSettings& settings) {
  return std::any_of(settings.matches.begin(), settings.matches.end(),
                     [](const HealthMatch& match) { return !match.body.empty(); });
}

}  // namespace limpet
