#include "core/validate/formats.h"
#include "core/validate/kinds.h"

namespace limpet {

void validate_kind(const v1::Namespace& object, Report& report) {
  validate_metadata(object.metadata(), /*namespaced=*/false, check_dns1123_label, report);
}

}  // namespace limpet
