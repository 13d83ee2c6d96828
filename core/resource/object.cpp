#include "core/resource/object.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <absl/status/status.h>
#include <absl/strings/str_cat.h>

#include "core/base/text.h"
#include "core/resource/kind.h"

namespace limpet {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

namespace {

const FieldDescriptor* object_field(const v1::Resource& resource) {
  const auto* oneof = v1::Resource::descriptor()->FindOneofByName("object");
  return resource.GetReflection()->GetOneofFieldDescriptor(resource, oneof);
}

const FieldDescriptor* metadata_field(const Message& object) {
  return object.GetDescriptor()->FindFieldByName("metadata");
}

}  // namespace

std::string to_string(const EntryKey& key) {
  return key.ns.empty() ? absl::StrCat(key.kind, " ", key.name)
                        : absl::StrCat(key.kind, " ", key.ns, "/", key.name);
}

const Message* object_of(const v1::Resource& resource) {
  const FieldDescriptor* field = object_field(resource);
  return field == nullptr ? nullptr : &resource.GetReflection()->GetMessage(resource, field);
}

Message* object_of(v1::Resource& resource) {
  const FieldDescriptor* field = object_field(resource);
  return field == nullptr ? nullptr
                          : resource.GetReflection()->MutableMessage(&resource, field);
}

const v1::ObjectMeta& metadata_of(const Message& object) {
  return static_cast<const v1::ObjectMeta&>(
      object.GetReflection()->GetMessage(object, metadata_field(object)));
}

v1::ObjectMeta& mutable_metadata_of(Message& object) {
  return static_cast<v1::ObjectMeta&>(
      *object.GetReflection()->MutableMessage(&object, metadata_field(object)));
}

EntryKey key_of(const v1::Resource& resource) {
  const Message& object = *object_of(resource);
  const v1::ObjectMeta& metadata = metadata_of(object);
  EntryKey key{object.GetDescriptor()->name(), metadata.namespace_(), metadata.name()};
  const KindInfo* info = find_kind(key.kind);
  if (info == nullptr || !info->namespaced) {
    key.ns.clear();
  } else if (key.ns.empty()) {
    key.ns = "default";
  }
  return key;
}

void clear_server_owned(Message& message) {
  const Reflection& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->options().GetExtension(v1::server_owned)) {
      reflection.ClearField(&message, field);
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && !field->is_map()) {
      if (field->is_repeated()) {
        for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
          clear_server_owned(*reflection.MutableRepeatedMessage(&message, field, i));
        }
      } else {
        clear_server_owned(*reflection.MutableMessage(&message, field));
      }
    }
  }
}

std::string serialize(const Message& message) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  message.SerializeToCodedStream(&coded);
  coded.Trim();
  return bytes;
}

absl::StatusOr<v1::Resource> parse_resource(std::string_view kind, std::string_view bytes) {
  const KindInfo* info = find_kind(kind);
  if (info == nullptr) return absl::InvalidArgumentError(str_cat("unknown kind ", kind));
  v1::Resource resource;
  const FieldDescriptor* field =
      v1::Resource::descriptor()->FindFieldByNumber(info->resource_field);
  Message* object = resource.GetReflection()->MutableMessage(&resource, field);
  if (!object->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::DataLossError(str_cat("the stored bytes of a ", kind, " cannot be read"));
  }
  return resource;
}

}  // namespace limpet
