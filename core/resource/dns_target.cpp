#include "core/resource/dns_target.h"

#include <absl/strings/ascii.h>
#include <absl/time/time.h>

#include "core/base/text.h"

namespace limpet {
namespace {

std::string canonical(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  return absl::AsciiStrToLower(absl_view(name));
}

}  // namespace

std::string_view find_value(const google::protobuf::Map<std::string, std::string>& map,
                            std::string_view key) {
  const auto found = map.find(std::string(key));
  return found == map.end() ? std::string_view() : std::string_view(found->second);
}

std::optional<int64_t> parse_resolve_interval(std::string_view text) {
  absl::Duration duration;
  if (!absl::ParseDuration(absl_view(text), &duration)) return std::nullopt;
  if (duration < absl::Milliseconds(kMinResolveIntervalMs)) return std::nullopt;
  if (duration > absl::Milliseconds(kMaxResolveIntervalMs)) return std::nullopt;
  return absl::ToInt64Milliseconds(duration);
}

std::optional<DnsTarget> dns_target(const v1::Service& service) {
  const auto& annotations = service.metadata().annotations();
  std::string_view name = find_value(annotations, kResolveAnnotation);
  if (service.spec().type() == "ExternalName") name = service.spec().external_name();
  if (name.empty() || service.spec().ports().empty()) return std::nullopt;
  DnsTarget target{canonical(name)};
  const auto interval = parse_resolve_interval(find_value(annotations, kResolveIntervalAnnotation));
  if (interval) target.interval_ms = *interval;
  return target;
}

std::vector<v1::EndpointPort> dns_ports(const v1::Service& service) {
  std::vector<v1::EndpointPort> ports;
  for (const v1::ServicePort& port : service.spec().ports()) {
    v1::EndpointPort& made = ports.emplace_back();
    made.set_name(port.name());
    const bool has_target = port.target_port().value_case() == v1::IntOrString::kIntValue;
    made.set_port(has_target ? port.target_port().int_value() : port.port());
    made.set_protocol(port.protocol().empty() ? "TCP" : port.protocol());
  }
  return ports;
}

bool is_generated(const v1::ObjectMeta& metadata) {
  return find_value(metadata.labels(), kManagedByLabel) == kManagedByDns;
}

}  // namespace limpet
