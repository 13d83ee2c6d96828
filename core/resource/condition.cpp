#include "core/resource/condition.h"

namespace limpet {

void set_condition(v1::Condition& condition, std::string_view type, int64_t generation,
                   const Verdict& verdict) {
  condition.set_type(type.data(), type.size());
  condition.set_status(verdict.status.data(), verdict.status.size());
  condition.set_observed_generation(generation);
  condition.set_reason(verdict.reason.data(), verdict.reason.size());
  condition.set_message(verdict.message);
}

}  // namespace limpet
