// As Kubernetes validates ConfigMaps (pkg/apis/core/validation). Whether ca.crt is of use is told
// of the policies that name it: a ConfigMap may have anything under that key.
#include "core/validate/items.h"
#include "core/validate/kinds.h"

namespace limpet {

void validate_kind(const v1::ConfigMap& object, Report& report) {
  validate_metadata(object.metadata(), /*namespaced=*/true, check_dns1123_subdomain, report);
  validate_items("data", object.data(), ItemFormat::kText, report);
  validate_items("binaryData", object.binary_data(), ItemFormat::kBase64, report);
  for (const auto& [name, value] : object.binary_data()) {
    if (!object.data().contains(name)) continue;
    const Scope scope(report, "binaryData", name);
    report.add("is a key of data, too; keep one of the two");
  }
}

}  // namespace limpet
