#include "cli/jsonpath/evaluate.h"

#include <algorithm>
#include <utility>

#include <absl/strings/numbers.h>

#include "core/base/text.h"
#include "manifest/quote.h"

namespace limpet::cli::jsonpath {
namespace {

using Type = DocumentNode::Type;
using Op = Filter::Op;

const DocumentNode* child(const DocumentNode& node, std::string_view name) {
  for (const DocumentNode::Entry& entry : node.entries) {
    if (entry.first == name) return &entry.second;
  }
  return nullptr;
}

// A name in quotes is the key, or else, as kubectl reads it, the path that it spells.
const DocumentNode* named(const DocumentNode& node, std::string_view name) {
  if (const DocumentNode* found = child(node, name); found != nullptr) return found;
  const DocumentNode* at = &node;
  while (at != nullptr && contains(name, '.')) {
    const size_t dot = name.find('.');
    at = child(*at, name.substr(0, dot));
    name.remove_prefix(dot + 1);
  }
  return at == nullptr || at == &node ? nullptr : child(*at, name);
}

template <typename T>
bool holds(Op op, const T& left, const T& right) {
  switch (op) {
    case Op::kEqual:
      return left == right;
    case Op::kNotEqual:
      return left != right;
    case Op::kLess:
      return left < right;
    case Op::kLessEqual:
      return left <= right;
    case Op::kGreater:
      return left > right;
    case Op::kGreaterEqual:
      return left >= right;
    case Op::kExists:
      break;
  }
  return true;
}

// A scalar to compare with; values of different types are only unequal.
DocumentNode literal(const Operand& operand) {
  switch (operand.kind) {
    case Operand::Kind::kString:
      return DocumentNode::string(operand.text);
    case Operand::Kind::kBool:
      return {Type::kBool, operand.text, {}, {}};
    default:
      return {Type::kNumber, operand.text, {}, {}};
  }
}

bool compare(Op op, const DocumentNode& left, const DocumentNode& right) {
  if (left.type != right.type) return op == Op::kNotEqual;
  if (left.type == Type::kNumber) {
    double a = 0;
    double b = 0;
    const bool numbers = absl::SimpleAtod(left.text, &a) && absl::SimpleAtod(right.text, &b);
    return numbers && holds(op, a, b);
  }
  return holds(op, text_of(left), text_of(right));
}

class Evaluator {
 public:
  Evaluator(const DocumentNode& root, size_t max_steps) : root_(root), left_(max_steps) {}

  Nodes find(const Path& path, const DocumentNode& here) {
    Nodes nodes{path.from_root ? &root_ : &here};
    for (const Step& step : path.steps) {
      Nodes next;
      for (const DocumentNode* node : nodes) {
        if (!spend(1)) return {};
        apply(step, *node, next);
      }
      nodes = std::move(next);
    }
    return nodes;
  }

  void render(const std::vector<Part>& parts, const DocumentNode& here, std::string& out) {
    for (const Part& part : parts) {
      if (!spend(1)) return;
      if (part.kind == Part::Kind::kText) {
        out += part.text;
        continue;
      }
      const Nodes nodes = find(part.path, here);
      for (const DocumentNode* node : nodes) {
        if (part.kind == Part::Kind::kRange) {
          render(part.parts, *node, out);
          continue;
        }
        if (node != nodes.front()) out += ' ';
        const std::string text = text_of(*node);
        if (!spend(text.size() / 16)) return;
        out += text;
      }
    }
  }

  absl::Status status() const {
    if (!over_) return absl::OkStatus();
    return absl::InvalidArgumentError("the path looks at too much; use fewer \"..\"");
  }

 private:
  bool spend(size_t steps) {
    over_ = over_ || steps > left_;
    left_ -= over_ ? 0 : steps;
    return !over_;
  }

  void add(const DocumentNode& node, Nodes& nodes) {
    if (spend(1)) nodes.push_back(&node);
  }

  void apply(const Step& step, const DocumentNode& node, Nodes& nodes) {
    switch (step.kind) {
      case Step::Kind::kNames:
        for (const std::string& name : step.names) {
          const DocumentNode* found = named(node, name);
          if (found != nullptr) add(*found, nodes);
        }
        return;
      case Step::Kind::kSlices:
        for (const Slice& slice : step.slices) apply(slice, node, nodes);
        return;
      case Step::Kind::kWildcard:
        for_children(node, [&](const DocumentNode& each) { add(each, nodes); });
        return;
      case Step::Kind::kRecursive:
        descend(node, nodes);
        return;
      case Step::Kind::kFilter:
        for_children(node, [&](const DocumentNode& each) {
          if (spend(1) && selects(*step.filter, each)) add(each, nodes);
        });
        return;
    }
  }

  template <typename Take>
  static void for_children(const DocumentNode& node, Take take) {
    for (const DocumentNode& item : node.items) take(item);
    for (const DocumentNode::Entry& entry : node.entries) take(entry.second);
  }

  void descend(const DocumentNode& node, Nodes& nodes) {
    add(node, nodes);
    for_children(node, [&](const DocumentNode& each) {
      if (!over_) descend(each, nodes);
    });
  }

  void apply(const Slice& slice, const DocumentNode& node, Nodes& nodes) {
    const auto size = static_cast<int64_t>(node.items.size());
    const auto from_end = [&](int64_t index) {
      return index < 0 ? std::max<int64_t>(-1, index + size) : index;
    };
    if (slice.single) {
      const int64_t index = from_end(*slice.begin);
      if (index >= 0 && index < size) add(node.items[static_cast<size_t>(index)], nodes);
      return;
    }
    const int64_t begin = std::max<int64_t>(0, from_end(slice.begin.value_or(0)));
    const int64_t end = std::min(size, from_end(slice.end.value_or(size)));
    for (int64_t i = begin; i < end; i += std::min(slice.step, size)) {
      add(node.items[static_cast<size_t>(i)], nodes);
    }
  }

  // Of a path that leads to several, one of them is enough.
  bool selects(const Filter& filter, const DocumentNode& node) {
    const std::vector<DocumentNode> literals = {literal(filter.left), literal(filter.right)};
    const auto values = [&](const Operand& operand, const DocumentNode& constant) {
      return operand.kind == Operand::Kind::kPath ? find(operand.path, node) : Nodes{&constant};
    };
    const Nodes left = values(filter.left, literals[0]);
    if (filter.op == Op::kExists) return !left.empty();
    const Nodes right = values(filter.right, literals[1]);
    return std::ranges::any_of(left, [&](const DocumentNode* a) {
      return std::ranges::any_of(
          right, [&](const DocumentNode* b) { return spend(1) && compare(filter.op, *a, *b); });
    });
  }

  const DocumentNode& root_;
  size_t left_;
  bool over_ = false;
};

void append_json(std::string& out, const DocumentNode& node) {
  const char* separator = "";
  switch (node.type) {
    case Type::kNull:
      out += "null";
      return;
    case Type::kBool:
    case Type::kNumber:
      out += node.text;
      return;
    case Type::kString:
      out += quote(node.text);
      return;
    case Type::kList:
      out += '[';
      for (const DocumentNode& item : node.items) {
        out += std::exchange(separator, ",");
        append_json(out, item);
      }
      out += ']';
      return;
    case Type::kMap:
      out += '{';
      for (const auto& [key, value] : node.entries) {
        out += std::exchange(separator, ",");
        out += quote(key) + ":";
        append_json(out, value);
      }
      out += '}';
      return;
  }
}

}  // namespace

absl::StatusOr<Nodes> find(const Path& path, const DocumentNode& root, size_t max_steps) {
  Evaluator evaluator(root, max_steps);
  Nodes nodes = evaluator.find(path, root);
  if (absl::Status s = evaluator.status(); !s.ok()) return s;
  return nodes;
}

absl::StatusOr<std::string> render(const std::vector<Part>& parts, const DocumentNode& root,
                                   size_t max_steps) {
  Evaluator evaluator(root, max_steps);
  std::string out;
  evaluator.render(parts, root, out);
  if (absl::Status s = evaluator.status(); !s.ok()) return s;
  return out;
}

std::string text_of(const DocumentNode& node) {
  if (node.type == Type::kString) return node.text;
  std::string out;
  append_json(out, node);
  return out;
}

}  // namespace limpet::cli::jsonpath
