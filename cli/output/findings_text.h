// What an analysis found, for people and for programs.
#pragma once

#include <string>
#include <vector>

#include "manifest/document.h"
#include "core/analysis/analysis.h"

namespace limpet::cli {

// Two lines each, indented by two: what is wrong, and what to do. "  None\n" when there are none.
std::string findings_text(const std::vector<Finding>& findings);

// A list of maps: severity, object (kind, namespace, name), field, message, advice.
DocumentNode findings_document(const std::vector<Finding>& findings);

}  // namespace limpet::cli
