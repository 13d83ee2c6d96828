#include "manifest/document.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include <absl/strings/escaping.h>
#include <google/protobuf/struct.pb.h>

#include "core/base/text.h"
#include "limpet/v1/resource.pb.h"

namespace limpet {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using google::protobuf::Value;
using Type = DocumentNode::Type;

DocumentNode scalar(Type type, std::string text) { return {type, std::move(text), {}, {}}; }

DocumentNode number_of(double value) {
  constexpr double kExact = 9007199254740992.0;  // 2^53: up to here doubles hold every integer
  if (std::abs(value) <= kExact && value == std::trunc(value)) {
    return scalar(Type::kNumber, str_cat(static_cast<int64_t>(value)));
  }
  std::array<char, 32> text;  // the shortest that is read as the same: at most 24 characters
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return scalar(Type::kNumber, std::string(text.data(), end));
}

void sort_by_key(DocumentNode& map) {
  std::sort(map.entries.begin(), map.entries.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
}

DocumentNode from_value(const Value& value) {
  switch (value.kind_case()) {
    case Value::kNumberValue:
      return number_of(value.number_value());
    case Value::kStringValue:
      return DocumentNode::string(value.string_value());
    case Value::kBoolValue:
      return scalar(Type::kBool, value.bool_value() ? "true" : "false");
    case Value::kListValue: {
      DocumentNode list = DocumentNode::list();
      for (const Value& item : value.list_value().values()) list.items.push_back(from_value(item));
      return list;
    }
    case Value::kStructValue: {
      DocumentNode map = DocumentNode::map();
      for (const auto& [key, field] : value.struct_value().fields()) {
        map.entries.emplace_back(key, from_value(field));
      }
      sort_by_key(map);
      return map;
    }
    case Value::kNullValue:
    case Value::KIND_NOT_SET:
      break;
  }
  return {};
}

DocumentNode from_int_or_string(const v1::IntOrString& value) {
  return value.has_string_value() ? DocumentNode::string(value.string_value())
                                  : scalar(Type::kNumber, str_cat(value.int_value()));
}

std::string hexadecimal(const std::string& bytes) { return absl::BytesToHexString(bytes); }

// One value of a field: the field itself (index -1), or an element of a repeated one.
DocumentNode from_field(const Message& message, const FieldDescriptor& field, int index,
                        Unset unset) {
  const Reflection& reflection = *message.GetReflection();
  const auto get = [&](auto one, auto of_many) {
    return index < 0 ? (reflection.*one)(message, &field)
                     : (reflection.*of_many)(message, &field, index);
  };
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING: {
      std::string text = get(&Reflection::GetString, &Reflection::GetRepeatedString);
      const bool bytes = field.type() == FieldDescriptor::TYPE_BYTES;
      return DocumentNode::string(bytes ? hexadecimal(text) : std::move(text));
    }
    case FieldDescriptor::CPPTYPE_BOOL:
      return scalar(Type::kBool,
                    get(&Reflection::GetBool, &Reflection::GetRepeatedBool) ? "true" : "false");
    case FieldDescriptor::CPPTYPE_INT32:
      return scalar(Type::kNumber,
                    str_cat(get(&Reflection::GetInt32, &Reflection::GetRepeatedInt32)));
    case FieldDescriptor::CPPTYPE_INT64:
      return scalar(Type::kNumber,
                    str_cat(get(&Reflection::GetInt64, &Reflection::GetRepeatedInt64)));
    case FieldDescriptor::CPPTYPE_UINT32:
      return scalar(Type::kNumber,
                    str_cat(get(&Reflection::GetUInt32, &Reflection::GetRepeatedUInt32)));
    case FieldDescriptor::CPPTYPE_UINT64: {
      std::string text = str_cat(get(&Reflection::GetUInt64, &Reflection::GetRepeatedUInt64));
      const bool identity = field.type() == FieldDescriptor::TYPE_FIXED64;
      return scalar(identity ? Type::kString : Type::kNumber, std::move(text));
    }
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return number_of(get(&Reflection::GetDouble, &Reflection::GetRepeatedDouble));
    case FieldDescriptor::CPPTYPE_FLOAT:
      return number_of(
          static_cast<double>(get(&Reflection::GetFloat, &Reflection::GetRepeatedFloat)));
    case FieldDescriptor::CPPTYPE_ENUM:
      return DocumentNode::string((index < 0 ? reflection.GetEnum(message, &field)
                                             : reflection.GetRepeatedEnum(message, &field, index))
                                      ->name());
    case FieldDescriptor::CPPTYPE_MESSAGE:
      break;
  }
  return to_document(index < 0 ? reflection.GetMessage(message, &field)
                               : reflection.GetRepeatedMessage(message, &field, index),
                     unset);
}

DocumentNode from_map_field(const Message& message, const FieldDescriptor& field) {
  const Reflection& reflection = *message.GetReflection();
  DocumentNode map = DocumentNode::map();
  for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
    const Message& pair = reflection.GetRepeatedMessage(message, &field, i);
    map.entries.emplace_back(
        pair.GetReflection()->GetString(pair, field.message_type()->map_key()),
        from_field(pair, *field.message_type()->map_value(), -1, Unset::kLeaveOut));
  }
  sort_by_key(map);
  return map;
}

}  // namespace

DocumentNode to_document(const Message& message, Unset unset) {
  if (message.GetDescriptor() == Value::descriptor()) {
    return from_value(static_cast<const Value&>(message));
  }
  if (message.GetDescriptor() == v1::IntOrString::descriptor()) {
    return from_int_or_string(static_cast<const v1::IntOrString&>(message));
  }
  DocumentNode map = DocumentNode::map();
  const Reflection& reflection = *message.GetReflection();
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor& field = *message.GetDescriptor()->field(i);
    if (field.is_map()) {
      DocumentNode entries = from_map_field(message, field);
      if (entries.entries.empty() && unset == Unset::kLeaveOut) continue;
      map.entries.emplace_back(field.json_name(), std::move(entries));
    } else if (field.is_repeated()) {
      DocumentNode list = DocumentNode::list();
      for (int k = 0; k < reflection.FieldSize(message, &field); ++k) {
        list.items.push_back(from_field(message, field, k, unset));
      }
      if (list.items.empty() && unset == Unset::kLeaveOut) continue;
      map.entries.emplace_back(field.json_name(), std::move(list));
    } else if (reflection.HasField(message, &field) ||
               (unset == Unset::kShow && !field.has_presence())) {
      map.entries.emplace_back(field.json_name(), from_field(message, field, -1, unset));
    }
  }
  return map;
}

}  // namespace limpet
