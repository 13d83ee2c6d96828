#include "core/validate/formats.h"
#include "core/validate/kinds.h"

namespace limpet {
namespace {

constexpr int kMaxItems = 16;

// "" is the core group, but it has to be said.
void validate_group(bool present, std::string_view group, Report& report) {
  if (!present) {
    report.add("group", "required; \"\" for the kinds without a group, such as Service");
  } else {
    report.optional("group", group, check_group);
  }
}

}  // namespace

void validate_kind(const v1::ReferenceGrant& object, Report& report) {
  validate_metadata(object.metadata(), /*namespaced=*/true, check_dns1123_subdomain, report);
  const Scope scope(report, "spec");
  const v1::ReferenceGrantSpec& spec = object.spec();
  if (spec.from().empty()) report.add("from", "required");
  if (spec.to().empty()) report.add("to", "required");
  report.at_most("from", spec.from_size(), kMaxItems);
  report.at_most("to", spec.to_size(), kMaxItems);
  for (int i = 0; i < spec.from_size(); ++i) {
    const Scope item(report, "from", i);
    validate_group(spec.from(i).has_group(), spec.from(i).group(), report);
    report.require("kind", spec.from(i).kind(), check_kind_name);
    report.require("namespace", spec.from(i).namespace_(), check_dns1123_label);
  }
  for (int i = 0; i < spec.to_size(); ++i) {
    const Scope item(report, "to", i);
    validate_group(spec.to(i).has_group(), spec.to(i).group(), report);
    report.require("kind", spec.to(i).kind(), check_kind_name);
    report.optional("name", spec.to(i).name(), check_path_segment_name);
  }
}

}  // namespace limpet
