#include "core/validate/validate.h"

#include <vector>

#include "core/base/text.h"
#include "core/resource/kind.h"
#include "core/resource/object.h"
#include "core/validate/field_order.h"
#include "core/validate/kinds.h"

namespace limpet {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

void validate_type(const Message& object, const KindInfo& info, Report& report) {
  const Reflection& reflection = *object.GetReflection();
  const auto string_field = [&](const char* name) {
    return reflection.GetString(object, object.GetDescriptor()->FindFieldByName(name));
  };
  const std::string version = string_field("api_version");
  if (!is_api_version_of(info, version)) {
    const std::string expected = join(api_versions_of(info), " or ");
    report.add("apiVersion", version.empty()
                                 ? str_cat("required: ", expected)
                                 : str_cat("must be ", expected, " for the kind ", info.kind,
                                           ", not \"", version.substr(0, 80), "\""));
  }
  const std::string kind = string_field("kind");
  if (kind != info.kind) report.add("kind", str_cat("must be ", info.kind));
}

void find_unsupported(const Message& message, Report& report);

void find_unsupported(const Message& message, const FieldDescriptor& field, Report& report) {
  const Reflection& reflection = *message.GetReflection();
  if (!field.is_repeated()) {
    const Scope scope(report, field.json_name());
    find_unsupported(reflection.GetMessage(message, &field), report);
    return;
  }
  for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
    const Scope scope(report, field.json_name(), i);
    find_unsupported(reflection.GetRepeatedMessage(message, &field, i), report);
  }
}

// Every field that is set and carries the option (unsupported), at any depth.
void find_unsupported(const Message& message, Report& report) {
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->options().GetExtension(v1::unsupported)) {
      report.add(field->json_name(), "not supported by this version of Limpet; remove it");
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && !field->is_map() &&
               field->message_type()->file()->package() ==
                   v1::Resource::descriptor()->file()->package()) {
      find_unsupported(message, *field, report);
    }
  }
}

void dispatch(const v1::Resource& resource, Report& report) {
  switch (resource.object_case()) {
    case v1::Resource::kNamespace:
      return validate_kind(resource.namespace_(), report);
    case v1::Resource::kService:
      return validate_kind(resource.service(), report);
    case v1::Resource::kEndpointSlice:
      return validate_kind(resource.endpoint_slice(), report);
    case v1::Resource::kGatewayClass:
      return validate_kind(resource.gateway_class(), report);
    case v1::Resource::kGateway:
      return validate_kind(resource.gateway(), report);
    case v1::Resource::kHttpRoute:
      return validate_kind(resource.http_route(), report);
    case v1::Resource::kSessionStickyPolicy:
      return validate_kind(resource.session_sticky_policy(), report);
    case v1::Resource::kSecret:
      return validate_kind(resource.secret(), report);
    case v1::Resource::kGatewayParameters:
      return validate_kind(resource.gateway_parameters(), report);
    case v1::Resource::kLoadBalancerPolicy:
      return validate_kind(resource.load_balancer_policy(), report);
    case v1::Resource::kRetryPolicy:
      return validate_kind(resource.retry_policy(), report);
    case v1::Resource::kCircuitBreakingPolicy:
      return validate_kind(resource.circuit_breaking_policy(), report);
    case v1::Resource::kRateLimitPolicy:
      return validate_kind(resource.rate_limit_policy(), report);
    case v1::Resource::kUpstreamTlsPolicy:
      return validate_kind(resource.upstream_tls_policy(), report);
    case v1::Resource::kBackendTlsPolicy:
      return validate_kind(resource.backend_tls_policy(), report);
    case v1::Resource::kHealthCheckPolicy:
      return validate_kind(resource.health_check_policy(), report);
    case v1::Resource::kConfigMap:
      return validate_kind(resource.config_map(), report);
    case v1::Resource::kReferenceGrant:
      return validate_kind(resource.reference_grant(), report);
    case v1::Resource::OBJECT_NOT_SET:
      return;
  }
}

// Values of Secrets have limits of their own.
size_t counted_bytes(const v1::Resource& resource, const Message& object) {
  if (!resource.has_secret()) return object.ByteSizeLong();
  return resource.secret().metadata().ByteSizeLong();
}

}  // namespace

std::vector<Violation> validate(const v1::Resource& resource) {
  const Message* object = object_of(resource);
  const KindInfo* info = object == nullptr ? nullptr : find_kind(object->GetDescriptor()->name());
  if (info == nullptr) return {{"", "must hold an object of a known kind"}};

  Report report;
  validate_type(*object, *info, report);
  dispatch(resource, report);
  find_unsupported(*object, report);
  if (const size_t bytes = counted_bytes(resource, *object); bytes > kMaxObjectBytes) {
    report.add(str_cat("has ", bytes, " bytes, more than the ", kMaxObjectBytes,
                       " that an object may have; split it up"));
  }
  return in_field_order(*object->GetDescriptor(), report.take());
}

}  // namespace limpet
