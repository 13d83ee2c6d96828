#include "proxy/control/health_report.h"

#include <absl/strings/numbers.h>

#include "core/base/text.h"

namespace limpet {
namespace {

v1::HealthReport::Health to_proto(HealthTracker::Health health) {
  switch (health) {
    case HealthTracker::Health::kUp: return v1::HealthReport::UP;
    case HealthTracker::Health::kDown: return v1::HealthReport::DOWN;
    case HealthTracker::Health::kUntried: break;
  }
  return v1::HealthReport::UNKNOWN;
}

// Clusters are named "namespace/service:port"; none of the three has such a character in it.
void set_cluster(std::string_view name, v1::HealthReport::Finding& finding) {
  const size_t slash = name.find('/');
  const size_t colon = name.rfind(':');
  int port = 0;
  if (!absl::SimpleAtoi(absl_view(name.substr(colon + 1)), &port)) port = 0;
  finding.set_namespace_(std::string(name.substr(0, slash)));
  finding.set_service(std::string(name.substr(slash + 1, colon - slash - 1)));
  finding.set_port(port);
}

}  // namespace

std::vector<v1::NodeMessage> health_messages(const std::vector<HealthFinding>& findings) {
  std::vector<v1::NodeMessage> messages;
  for (size_t i = 0; i < findings.size(); ++i) {
    if (i % kMaxFindings == 0) messages.emplace_back();
    v1::HealthReport::Finding& finding = *messages.back().mutable_health()->add_findings();
    set_cluster(findings[i].cluster, finding);
    finding.set_endpoint_uid(findings[i].endpoint_uid);
    finding.set_health(to_proto(findings[i].health));
    finding.set_problem(findings[i].problem);
  }
  return messages;
}

}  // namespace limpet
