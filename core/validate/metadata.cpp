#include <map>

#include <absl/strings/ascii.h>

#include "core/base/text.h"
#include "core/validate/formats.h"
#include "core/validate/kinds.h"

namespace limpet {
namespace {

constexpr size_t kMaxAnnotationsBytes = 256 * 1024;  // all keys and values of an object

using StringMap = google::protobuf::Map<std::string, std::string>;

// In the order of their keys, so that the same object is reported in the same way.
std::map<std::string_view, std::string_view> sorted(const StringMap& entries) {
  return {entries.begin(), entries.end()};
}

void validate_labels(std::string_view field, const StringMap& labels, Report& report) {
  for (const auto& [key, value] : sorted(labels)) {
    const Scope scope(report, field, key);
    if (std::string problem = check_qualified_name(key); !problem.empty()) {
      report.add(str_cat("the key ", problem));
    }
    if (std::string problem = check_label_value(value); !problem.empty()) {
      report.add(std::move(problem));
    }
  }
}

void validate_annotations(const StringMap& annotations, Report& report) {
  size_t bytes = 0;
  for (const auto& [key, value] : sorted(annotations)) {
    bytes += key.size() + value.size();
    // Unlike a label's, an annotation's key may have a prefix in any case.
    std::string problem = check_qualified_name(absl::AsciiStrToLower(absl_view(key)));
    if (problem.empty()) continue;
    const Scope scope(report, "annotations", key);
    report.add(str_cat("the key ", problem));
  }
  if (bytes > kMaxAnnotationsBytes) {
    report.add("annotations",
               str_cat("must have at most ", kMaxAnnotationsBytes, " bytes in all, not ", bytes));
  }
}

}  // namespace

void validate_metadata(const v1::ObjectMeta& metadata, bool namespaced,
                       std::string (*name_format)(std::string_view), Report& report) {
  const Scope scope(report, "metadata");
  report.require("name", metadata.name(), name_format);
  if (namespaced) {
    report.optional("namespace", metadata.namespace_(), check_dns1123_label);
  } else if (!metadata.namespace_().empty()) {
    report.add("namespace", "must not be set: objects of this kind belong to no namespace");
  }
  validate_labels("labels", metadata.labels(), report);
  validate_annotations(metadata.annotations(), report);
}

void validate_label_selector(const v1::LabelSelector& selector, Report& report) {
  validate_labels("matchLabels", selector.match_labels(), report);
  for (int i = 0; i < selector.match_expressions_size(); ++i) {
    const Scope scope(report, "matchExpressions", i);
    const v1::LabelSelector::Requirement& requirement = selector.match_expressions(i);
    report.require("key", requirement.key(), check_qualified_name);
    const std::string& op = requirement.operator_();
    const bool known = report.check(
        "operator", op.empty() ? "required: In, NotIn, Exists or DoesNotExist"
                               : check_one_of(op, {"In", "NotIn", "Exists", "DoesNotExist"}));
    const bool takes_values = op == "In" || op == "NotIn";
    if (known && takes_values && requirement.values().empty()) {
      report.add("values", str_cat("required for the operator ", op));
    } else if (known && !takes_values && !requirement.values().empty()) {
      report.add("values", str_cat("must not be set for the operator ", op));
    }
    for (int v = 0; v < requirement.values_size(); ++v) {
      const Scope value_scope(report, "values", v);
      std::string problem = check_label_value(requirement.values(v));
      if (!problem.empty()) report.add(std::move(problem));
    }
  }
}

}  // namespace limpet
