#include "core/validate/policy.h"

namespace limpet {
namespace {

void validate_config(const v1::UpstreamTLSConfig& config, Report& report) {
  if (config.has_certificate_ref()) {
    const Scope scope(report, "certificateRef");
    validate_secret_reference(config.certificate_ref(), report);
  }
  report.optional("hostname", config.hostname(), check_dns1123_subdomain);
}

}  // namespace

void validate_kind(const v1::UpstreamTLSPolicy& object, Report& report) {
  validate_service_policy(object, report, validate_config);
}

}  // namespace limpet
