#include "cli/output/findings_text.h"

#include "core/base/text.h"

namespace limpet::cli {
namespace {

std::string_view severity_text(Severity severity) {
  return severity == Severity::kError ? "error" : "warning";
}

}  // namespace

std::string findings_text(const std::vector<Finding>& findings) {
  if (findings.empty()) return "  None\n";
  std::string text;
  for (const Finding& finding : findings) {
    text += str_cat("  ", severity_text(finding.severity), ": ", to_string(finding.object), ": ",
                    finding.field, finding.field.empty() ? "" : ": ", finding.message, "\n", "    ",
                    finding.advice, "\n");
  }
  return text;
}

DocumentNode findings_document(const std::vector<Finding>& findings) {
  DocumentNode list = DocumentNode::list();
  const auto put = [](DocumentNode& map, const char* name, std::string_view value) {
    map.entries.emplace_back(name, DocumentNode::string(std::string(value)));
  };
  for (const Finding& finding : findings) {
    DocumentNode object = DocumentNode::map();
    put(object, "kind", finding.object.kind);
    if (!finding.object.ns.empty()) put(object, "namespace", finding.object.ns);
    put(object, "name", finding.object.name);
    DocumentNode item = DocumentNode::map();
    put(item, "severity", severity_text(finding.severity));
    item.entries.emplace_back("object", std::move(object));
    put(item, "field", finding.field);
    put(item, "message", finding.message);
    put(item, "advice", finding.advice);
    list.items.push_back(std::move(item));
  }
  return list;
}

}  // namespace limpet::cli
