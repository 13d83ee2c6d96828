#include "cli/schema/schema.h"

#include <map>

#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/message.h>
#include <google/protobuf/struct.pb.h>

#include "core/base/text.h"
#include "core/validate/validate.h"
#include "limpet/v1/resource.pb.h"

namespace limpet {
std::string_view resource_descriptor_set();  // of the build: cli/schema/CMakeLists.txt
}

namespace limpet::cli {
namespace {

using google::protobuf::DescriptorProto;
using google::protobuf::FileDescriptorProto;
using google::protobuf::Message;
using google::protobuf::Reflection;
using google::protobuf::SourceCodeInfo;
using Path = std::vector<int>;

// Lines become one paragraph.
std::string paragraph(const std::string& comment) {
  std::string text;
  bool space = false;
  for (const char c : comment) {
    if (c == ' ' || c == '\n') {
      space = !text.empty();
      continue;
    }
    if (space) text += ' ';
    space = false;
    text += c;
  }
  return text;
}

class Comments {
 public:
  Comments() {
    google::protobuf::FileDescriptorSet set;
    const std::string_view bytes = resource_descriptor_set();
    if (!set.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return;
    for (const FileDescriptorProto& file : set.file()) add_file(file);
  }

  std::string of(const std::string& full_name) const {
    const auto found = by_name_.find(full_name);
    return found == by_name_.end() ? std::string() : found->second;
  }

 private:
  // A path is the field numbers and indexes that lead from the file to the declaration.
  void add_file(const FileDescriptorProto& file) {
    std::map<Path, std::string> by_path;
    for (const SourceCodeInfo::Location& location : file.source_code_info().location()) {
      const std::string text =
          paragraph(location.leading_comments() + " " + location.trailing_comments());
      if (!text.empty()) by_path[{location.path().begin(), location.path().end()}] = text;
    }
    for (int i = 0; i < file.message_type_size(); ++i) {
      add_message(by_path, {FileDescriptorProto::kMessageTypeFieldNumber, i},
                  str_cat(file.package(), "."), file.message_type(i));
    }
  }

  void add_message(const std::map<Path, std::string>& by_path, Path path, const std::string& scope,
                   const DescriptorProto& message) {
    const std::string name = scope + message.name();
    const auto add = [&](const Path& at, const std::string& full_name) {
      const auto found = by_path.find(at);
      if (found != by_path.end()) by_name_[full_name] = found->second;
    };
    const auto below = [&](int number, int index) {
      Path at = path;
      at.insert(at.end(), {number, index});
      return at;
    };
    add(path, name);
    for (int i = 0; i < message.field_size(); ++i) {
      add(below(DescriptorProto::kFieldFieldNumber, i),
          str_cat(name, ".", message.field(i).name()));
    }
    for (int i = 0; i < message.nested_type_size(); ++i) {
      add_message(by_path, below(DescriptorProto::kNestedTypeFieldNumber, i), name + ".",
                  message.nested_type(i));
    }
  }

  std::map<std::string, std::string> by_name_;
};

const Comments& comments() {
  static const Comments kComments;
  return kComments;
}

std::string element_type(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return "boolean";
    case FieldDescriptor::CPPTYPE_STRING:
    case FieldDescriptor::CPPTYPE_ENUM:
      return "string";
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT:
      return "number";
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return field.message_type() == google::protobuf::Value::descriptor()
                 ? "Object"
                 : std::string(field.message_type()->name());
    default:
      return "integer";
  }
}

// One of everything that can be written, all of it empty.
void fill_in(Message& message) {
  const Reflection& reflection = *message.GetReflection();
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor& field = *message.GetDescriptor()->field(i);
    if (message_below(field) == nullptr || !note_on(field).empty()) continue;
    fill_in(field.is_repeated() ? *reflection.AddMessage(&message, &field)
                                : *reflection.MutableMessage(&message, &field));
  }
}

// "spec.rules[0].name" -> "spec.rules.name"
std::string without_indexes(const std::string& field) {
  std::string path;
  bool inside = false;
  for (const char c : field) {
    if (c == '[') inside = true;
    if (!inside) path += c;
    if (c == ']') inside = false;
  }
  return path;
}

void add_required(const v1::Resource& resource, std::set<std::string>& fields) {
  for (const Violation& violation : validate(resource)) {
    const bool always =
        violation.message == "required" || violation.message.starts_with("required:");
    if (always) fields.insert(without_indexes(violation.field));
  }
}

}  // namespace

const Descriptor& message_of(const KindInfo& kind) {
  return *v1::Resource::descriptor()->FindFieldByNumber(kind.resource_field)->message_type();
}

const Descriptor* message_below(const FieldDescriptor& field) {
  const Descriptor* message = field.message_type();
  const bool opaque = message == nullptr || field.is_map() ||
                      message == google::protobuf::Value::descriptor() ||
                      message == v1::IntOrString::descriptor();
  return opaque ? nullptr : message;
}

std::string type_name(const FieldDescriptor& field) {
  if (field.is_map()) {
    return str_cat("map[string]", element_type(*field.message_type()->map_value()));
  }
  return str_cat(field.is_repeated() ? "[]" : "", element_type(field));
}

std::string description_of(const Descriptor& message) {
  return comments().of(std::string(message.full_name()));
}

std::string description_of(const FieldDescriptor& field) {
  std::string text = comments().of(std::string(field.full_name()));
  const Descriptor* message = message_below(field);
  return text.empty() && message != nullptr ? description_of(*message) : text;
}

std::string note_on(const FieldDescriptor& field) {
  const google::protobuf::FieldOptions& options = field.options();
  if (options.GetExtension(v1::server_owned)) {
    return "Written by the server alone; dropped from manifests.";
  }
  if (options.GetExtension(v1::no_effect)) return "Stored and shown; has no effect in Limpet.";
  if (options.GetExtension(v1::unsupported))
    return "Not supported: an object that has it is refused.";
  return {};
}

std::set<std::string> required_fields(const KindInfo& kind) {
  const FieldDescriptor& field =
      *v1::Resource::descriptor()->FindFieldByNumber(kind.resource_field);
  std::set<std::string> fields;
  v1::Resource empty;
  Message& object = *empty.GetReflection()->MutableMessage(&empty, &field);
  add_required(empty, fields);
  // A message that may be left out may have fields that must not, once it is written.
  fill_in(object);
  add_required(empty, fields);
  return fields;
}

}  // namespace limpet::cli
