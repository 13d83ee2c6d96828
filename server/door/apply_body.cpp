#include "server/door/apply_body.h"

#include <utility>

#include "core/base/text.h"
#include "manifest/json_tree.h"
#include "manifest/object_reader.h"

namespace limpet {
namespace {

constexpr size_t kMaxViolations = 100;  // of one body

class BodyReader {
 public:
  explicit BodyReader(v1::ApplyRequest& request) : request_(request) {}

  std::vector<Violation> read(const YamlNode& root) {
    if (!root.is_map()) {
      add("", "must be an object with \"resources\"");
    } else if (root.find("kind") == nullptr) {
      read_request(root);
    } else if (text_of(root, "kind") == "List" && root.find("items") != nullptr) {
      read_list(*root.find("items")->value, "items");
    } else {
      read_resource(root, "");
    }
    return std::move(violations_);
  }

 private:
  void add(std::string field, std::string message) {
    if (violations_.size() == kMaxViolations) {
      violations_.push_back({"", "and further ones"});
    }
    if (violations_.size() > kMaxViolations) return;
    violations_.push_back({std::move(field), std::move(message)});
  }

  // All but the resources are fields of the message.
  void read_request(const YamlNode& root) {
    YamlNode rest;
    rest.type = YamlNode::Type::kMap;
    for (const YamlNode::Entry& entry : root.entries) {
      if (entry.key != "resources") rest.entries.push_back(entry);
    }
    for (ReadProblem& problem : MessageReader().read(rest, request_)) {
      add(std::move(problem.field), std::move(problem.message));
    }
    if (rest.entries.size() + 1 < root.entries.size()) {
      return add("resources", "occurs twice; keep one of the two");
    }
    if (const YamlNode::Entry* resources = root.find("resources")) {
      read_list(*resources->value, "resources");
    }
  }

  void read_list(const YamlNode& list, std::string_view name) {
    if (list.is_null()) return;
    if (list.type != YamlNode::Type::kSequence) return add(std::string(name), "must be a list");
    for (size_t i = 0; i < list.items.size(); ++i) {
      read_resource(*list.items[i], str_cat(name, "[", i, "]"));
    }
  }

  void read_resource(const YamlNode& node, const std::string& place) {
    const auto at = [&](std::string_view field) {
      if (place.empty() || field.empty()) return str_cat(place, field);
      return str_cat(place, ".", field);
    };
    if (!node.is_map()) return add(place, "must be an object with apiVersion and kind");
    std::string problem;
    const KindInfo* kind = kind_of(node, problem);
    if (kind == nullptr) return add(at("kind"), std::move(problem));
    for (ReadProblem& wrong : read_object(node, *kind, *request_.add_resources())) {
      add(at(wrong.field), std::move(wrong.message));
    }
  }

  v1::ApplyRequest& request_;
  std::vector<Violation> violations_;
};

}  // namespace

std::optional<DoorError> read_apply(std::string_view body, v1::ApplyRequest& request) {
  const JsonTree tree = parse_json(body);
  if (tree.error) {
    return DoorError{.status = absl::InvalidArgumentError(
                         str_cat("line ", tree.error->mark.line, ", column ",
                                 tree.error->mark.column, ": ", tree.error->message))};
  }
  std::vector<Violation> violations = BodyReader(request).read(tree.document.root());
  if (violations.empty()) return std::nullopt;
  return DoorError{.status = absl::InvalidArgumentError("the request is not valid"),
                   .violations = std::move(violations)};
}

}  // namespace limpet
