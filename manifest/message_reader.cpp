#include "manifest/message_reader.h"

#include <cmath>
#include <limits>
#include <set>

#include <absl/strings/numbers.h>
#include <google/protobuf/struct.pb.h>

#include "core/base/text.h"
#include "limpet/v1/resource.pb.h"
#include "manifest/scalar.h"
#include "manifest/suggest.h"

namespace limpet {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Value;

namespace {

// Extends the path, and moves the place where problems are told, for its lifetime.
class Position {
 public:
  Position(std::string& path, YamlMark& mark, const std::string& segment, YamlMark at)
      : path_(path), mark_(mark), size_(path.size()), mark_before_(mark) {
    if (!path.empty() && !segment.starts_with('[')) path += '.';
    path += segment;
    mark = at;
  }
  ~Position() {
    path_.resize(size_);
    mark_ = mark_before_;
  }

 private:
  std::string& path_;
  YamlMark& mark_;
  const size_t size_;
  const YamlMark mark_before_;
};

const FieldDescriptor* find_by_json_name(const Descriptor& message, std::string_view name) {
  for (int i = 0; i < message.field_count(); ++i) {
    if (message.field(i)->json_name() == name) return message.field(i);
  }
  return nullptr;
}

// "a list", for what was found where something else belongs.
std::string describe(const YamlNode& node) {
  switch (node.type) {
    case YamlNode::Type::kNull:
      return "nothing";
    case YamlNode::Type::kSequence:
      return "a list";
    case YamlNode::Type::kMap:
      return "a map";
    case YamlNode::Type::kScalar:
      break;
  }
  size_t bytes = 40;
  // Not in the middle of a character.
  while (bytes > 0 && bytes < node.text.size() && (node.text[bytes] & 0xC0) == 0x80) --bytes;
  const std::string shown = node.text.substr(0, bytes);
  const bool text = node.quoted || type_of_plain(node.text) == ScalarType::kString;
  return text ? str_cat("the text \"", shown, "\"") : shown;
}

// Empty if the scalar is a string.
std::string check_string(const YamlNode& node) {
  if (node.type != YamlNode::Type::kScalar) {
    return str_cat("must be a text, not ", describe(node));
  }
  if (node.quoted) return {};
  const auto quote_it = [&](std::string_view what) {
    return str_cat("must be a text, not the ", what, " ", node.text, "; write \"", node.text,
                   "\" in quotes if it is meant so");
  };
  switch (type_of_plain(node.text)) {
    case ScalarType::kNull:
    case ScalarType::kString:
      return {};
    case ScalarType::kBool:
      return quote_it("boolean");
    case ScalarType::kInt:
    case ScalarType::kFloat:
      return quote_it("number");
  }
  return {};
}

// Empty if the scalar is an integer in the range, which is then in `value`.
std::string check_int(const YamlNode& node, int64_t min, int64_t max, int64_t& value) {
  if (node.type != YamlNode::Type::kScalar) {
    return str_cat("must be a number, not ", describe(node));
  }
  const ScalarType type = type_of_plain(node.text);
  if (node.quoted && type == ScalarType::kInt) {
    return str_cat("must be a number, not the text \"", node.text, "\"; remove the quotes");
  }
  if (node.quoted || (type != ScalarType::kInt && type != ScalarType::kFloat)) {
    return str_cat("must be a number, not ", describe(node));
  }
  if (type == ScalarType::kFloat) return str_cat("must be a whole number, not ", node.text);
  if (!is_decimal(node.text)) {
    return str_cat("must be a decimal number without leading zeros, not ", node.text);
  }
  if (!absl::SimpleAtoi(node.text, &value) || value < min || value > max) {
    return str_cat("must be between ", min, " and ", max, ", not ", node.text);
  }
  return {};
}

// Also as a text: many programs lose the last digits of a great number.
std::string check_uint64(const YamlNode& node, uint64_t& value) {
  const bool digits = node.type == YamlNode::Type::kScalar && is_decimal(node.text);
  if (digits && absl::SimpleAtoi(node.text, &value)) return {};
  return str_cat("must be a whole number of at most 64 bits, not ", describe(node));
}

std::string check_double(const YamlNode& node, double& value) {
  const bool scalar = node.type == YamlNode::Type::kScalar;
  const ScalarType type = scalar ? type_of_plain(node.text) : ScalarType::kNull;
  const bool numeric = (type == ScalarType::kInt && is_decimal(node.text)) ||
                       (type == ScalarType::kFloat && !contains(node.text, "_"));
  if (numeric && node.quoted) {
    return str_cat("must be a number, not the text \"", node.text, "\"; remove the quotes");
  }
  if (numeric && absl::SimpleAtod(node.text, &value) && std::isfinite(value)) return {};
  return str_cat("must be a number such as 0.5, not ", describe(node));
}

std::string check_bool(const YamlNode& node, bool& value) {
  const bool plain = node.type == YamlNode::Type::kScalar && !node.quoted;
  if (plain && type_of_plain(node.text) == ScalarType::kBool) {
    value = plain_bool(node.text);
    return {};
  }
  const bool quoted_bool = node.quoted && type_of_plain(node.text) == ScalarType::kBool;
  return str_cat("must be true or false, not ", describe(node),
                 quoted_bool ? "; remove the quotes" : "");
}

}  // namespace

std::vector<ReadProblem> MessageReader::read(const YamlNode& node, Message& message) {
  problems_.clear();
  path_.clear();
  steps_ = 0;
  depth_ = 0;
  mark_ = node.mark;
  read_message(node, message);
  return std::move(problems_);
}

void MessageReader::add(std::string message) {
  problems_.push_back({mark_, path_, std::move(message), {}});
}

bool MessageReader::enter() {
  if (steps_ > kMaxSteps) return false;
  if (++steps_ > kMaxSteps) {
    add(str_cat("the object has more than ", kMaxSteps, " values, aliases counted each time"));
    return false;
  }
  if (depth_ >= kMaxYamlDepth) {
    add(str_cat("values are nested more than ", kMaxYamlDepth, " deep"));
    return false;
  }
  ++depth_;
  return true;
}

void MessageReader::read_message(const YamlNode& node, Message& message) {
  if (message.GetDescriptor() == v1::IntOrString::descriptor()) {
    return read_int_or_string(node, message);
  }
  if (message.GetDescriptor() == Value::descriptor()) return read_value(node, message);
  if (!node.is_map()) return add(str_cat("must be a map of fields, not ", describe(node)));
  if (!enter()) return;
  std::set<std::string_view> seen;
  for (const YamlNode::Entry& entry : node.entries) {
    const Position position(path_, mark_, entry.key, entry.mark);
    if (seen.insert(entry.key).second) {
      read_entry(entry, message);
    } else {
      add("occurs twice; keep one of the two");
    }
  }
  leave();
}

void MessageReader::read_entry(const YamlNode::Entry& entry, Message& message) {
  const Field* field = find_by_json_name(*message.GetDescriptor(), entry.key);
  if (field == nullptr) return unknown_field(entry, message);
  if (field->options().GetExtension(v1::server_owned) || entry.value->is_null()) return;
  read_field(*entry.value, *field, message);
}

void MessageReader::unknown_field(const YamlNode::Entry& entry, const Message& message) {
  if (entry.key == "<<") return add("merge keys are not supported; write the fields out");
  std::vector<std::string> names;
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    names.push_back(message.GetDescriptor()->field(i)->json_name());
  }
  const std::string meant = suggest(entry.key, names);
  if (meant.empty()) return add("unknown field");
  add(str_cat("unknown field; did you mean \"", meant, "\"?"));
  problems_.back().meant = path_.substr(0, path_.size() - entry.key.size()) + meant;
}

void MessageReader::read_field(const YamlNode& node, const Field& field, Message& message) {
  if (field.is_map()) {
    read_map(node, field, message);
  } else if (field.is_repeated()) {
    read_list(node, field, message);
  } else if (field.cpp_type() == Field::CPPTYPE_MESSAGE) {
    read_message(node, *message.GetReflection()->MutableMessage(&message, &field));
  } else {
    read_scalar(node, field, message);
  }
}

void MessageReader::read_list(const YamlNode& node, const Field& field, Message& message) {
  if (node.type != YamlNode::Type::kSequence) {
    return add(str_cat("must be a list, not ", describe(node)));
  }
  if (!enter()) return;
  for (size_t i = 0; i < node.items.size(); ++i) {
    const YamlNode& item = *node.items[i];
    const Position position(path_, mark_, str_cat("[", i, "]"), item.mark);
    if (item.is_null()) {
      add("must not be empty; remove it");
    } else if (field.cpp_type() == Field::CPPTYPE_MESSAGE) {
      read_message(item, *message.GetReflection()->AddMessage(&message, &field));
    } else {
      read_scalar(item, field, message);
    }
  }
  leave();
}

void MessageReader::read_map(const YamlNode& node, const Field& field, Message& message) {
  const bool is_secret = field.options().GetExtension(v1::secret);
  if (!node.is_map()) {
    return add(is_secret ? "must be a map" : str_cat("must be a map, not ", describe(node)));
  }
  if (!enter()) return;
  // A map's entries are messages of two fields: key = 1, value = 2.
  const Field& value_field = *field.message_type()->map_value();
  std::set<std::string_view> seen;
  for (const YamlNode::Entry& entry : node.entries) {
    const Position position(path_, mark_, str_cat("[", entry.key, "]"), entry.mark);
    if (!seen.insert(entry.key).second) {
      add("occurs twice; keep one of the two");
    } else if (entry.value->is_null()) {
      add("must have a value; write \"\" for an empty one");
    } else {
      Message& pair = *message.GetReflection()->AddMessage(&message, &field);
      pair.GetReflection()->SetString(&pair, field.message_type()->map_key(), entry.key);
      const size_t before = problems_.size();
      read_field(*entry.value, value_field, pair);
      // What is wrong is told without the value.
      if (!is_secret || problems_.size() == before) continue;
      problems_.resize(before);
      add("must be a text; write numbers and booleans in quotes");
    }
  }
  leave();
}

// Sets the field, or adds to it if it is repeated.
void MessageReader::read_scalar(const YamlNode& node, const Field& field, Message& message) {
  const auto* reflection = message.GetReflection();
  const bool many = field.is_repeated();
  std::string problem;
  if (field.cpp_type() == Field::CPPTYPE_STRING) {
    problem = check_string(node);
    if (problem.empty()) {
      many ? reflection->AddString(&message, &field, node.text)
           : reflection->SetString(&message, &field, node.text);
    }
  } else if (field.cpp_type() == Field::CPPTYPE_BOOL) {
    bool value = false;
    problem = check_bool(node, value);
    if (problem.empty()) {
      many ? reflection->AddBool(&message, &field, value)
           : reflection->SetBool(&message, &field, value);
    }
  } else if (field.cpp_type() == Field::CPPTYPE_INT32) {
    using Limits = std::numeric_limits<int32_t>;
    int64_t value = 0;
    problem = check_int(node, Limits::min(), Limits::max(), value);
    if (problem.empty()) {
      many ? reflection->AddInt32(&message, &field, static_cast<int32_t>(value))
           : reflection->SetInt32(&message, &field, static_cast<int32_t>(value));
    }
  } else if (field.cpp_type() == Field::CPPTYPE_UINT64 && !many) {
    uint64_t value = 0;
    problem = check_uint64(node, value);
    if (problem.empty()) reflection->SetUInt64(&message, &field, value);
  } else if (field.cpp_type() == Field::CPPTYPE_DOUBLE && !many) {
    double value = 0;
    problem = check_double(node, value);
    if (problem.empty()) reflection->SetDouble(&message, &field, value);
  } else {
    problem = "cannot be written in YAML";  // no field of a manifest has such a type
  }
  if (!problem.empty()) add(std::move(problem));
}

void MessageReader::read_int_or_string(const YamlNode& node, Message& message) {
  auto& target = static_cast<v1::IntOrString&>(message);
  const bool scalar = node.type == YamlNode::Type::kScalar;
  if (scalar && (node.quoted || type_of_plain(node.text) == ScalarType::kString)) {
    target.set_string_value(node.text);
    return;
  }
  using Limits = std::numeric_limits<int32_t>;
  int64_t value = 0;
  std::string problem = check_int(node, Limits::min(), Limits::max(), value);
  if (!problem.empty()) return add(std::move(problem));
  target.set_int_value(static_cast<int32_t>(value));
}

void MessageReader::read_value(const YamlNode& node, Message& message) {
  if (!enter()) return;
  auto& value = static_cast<Value&>(message);
  if (node.type == YamlNode::Type::kSequence) {
    auto& list = *value.mutable_list_value();
    for (const YamlNode* item : node.items) read_value(*item, *list.add_values());
  } else if (node.is_map()) {
    auto& fields = *value.mutable_struct_value()->mutable_fields();
    for (const YamlNode::Entry& entry : node.entries) {
      const Position position(path_, mark_, entry.key, entry.mark);
      if (fields.contains(entry.key)) {
        add("occurs twice; keep one of the two");
      } else {
        read_value(*entry.value, fields[entry.key]);
      }
    }
  } else if (node.is_null()) {
    value.set_null_value(google::protobuf::NULL_VALUE);
  } else {
    const ScalarType type = node.quoted ? ScalarType::kString : type_of_plain(node.text);
    double number = 0;
    const bool numeric =
        (type == ScalarType::kInt && is_decimal(node.text)) || type == ScalarType::kFloat;
    if (type == ScalarType::kBool) {
      value.set_bool_value(plain_bool(node.text));
    } else if (numeric && absl::SimpleAtod(node.text, &number) && std::isfinite(number)) {
      value.set_number_value(number);
    } else {
      value.set_string_value(node.text);
    }
  }
  leave();
}

}  // namespace limpet
