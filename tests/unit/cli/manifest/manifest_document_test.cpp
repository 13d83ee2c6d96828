#include "cli/yaml/yaml_tree.h"

#include <random>

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include "core/resource/kind.h"
#include "core/resource/object.h"
#include "limpet/v1/management.pb.h"
#include "manifest/document.h"
#include "manifest/message_reader.h"

namespace limpet::cli {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Value;
using google::protobuf::util::MessageDifferencer;

// Fills messages of any type at random, with texts that are hard to quote.
class Filler {
 public:
  explicit Filler(unsigned seed) : random_(seed) {}

  void fill(Message& message, int depth = 0) {
    if (message.GetDescriptor() == Value::descriptor()) {
      return fill_value(static_cast<Value&>(message), depth);
    }
    if (message.GetDescriptor() == v1::IntOrString::descriptor()) {
      auto& either = static_cast<v1::IntOrString&>(message);
      one_in(2) ? either.set_int_value(number()) : either.set_string_value(text());
      return;
    }
    for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
      const FieldDescriptor& field = *message.GetDescriptor()->field(i);
      if (field.options().GetExtension(v1::server_owned) || one_in(3)) continue;
      const int count = field.is_repeated() ? pick(3) : 1;
      for (int k = 0; k < count; ++k) fill_field(message, field, k, depth);
    }
  }

 private:
  int pick(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }
  bool one_in(int n) { return pick(n) == 0; }
  int number() { return static_cast<int>(random_()); }

  std::string text() {
    static const std::string kTexts[] = {"",
                                         "a",
                                         "yes",
                                         "null",
                                         "~",
                                         "80",
                                         "1.10",
                                         "0x1",
                                         "1e3",
                                         ".inf",
                                         "- a",
                                         "a: b",
                                         "a #b",
                                         " a ",
                                         "*.example.com",
                                         "\"quoted\"",
                                         "it's",
                                         "back\\slash",
                                         "two\nlines\n",
                                         "tab\t",
                                         "\x01\x7f",
                                         "2001-12-14",
                                         "<<",
                                         "=",
                                         "{}",
                                         "[]",
                                         "a,b",
                                         "|",
                                         ">-",
                                         "!tag",
                                         "&a",
                                         "%a",
                                         "@a",
                                         "`a`",
                                         "na\xc3\xafve",
                                         "\xe2\x80\xa8",
                                         "\xef\xbb\xbf",
                                         "\xc2\x85",
                                         "\xf0\x9f\x90\x9a",
                                         "---",
                                         "...",
                                         "? a",
                                         ":",
                                         "key:",
                                         "-",
                                         "#",
                                         "a\rb",
                                         "\r\n",
                                         std::string(300, 'x')};
    return kTexts[pick(static_cast<int>(std::size(kTexts)))];
  }

  void fill_field(Message& message, const FieldDescriptor& field, int k, int depth) {
    const auto* reflection = message.GetReflection();
    const bool many = field.is_repeated();
    if (field.is_map()) {
      Message& pair = *reflection->AddMessage(&message, &field);
      pair.GetReflection()->SetString(&pair, field.message_type()->map_key(),
                                      text() + std::to_string(k));
      pair.GetReflection()->SetString(&pair, field.message_type()->map_value(), text());
    } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      fill(many ? *reflection->AddMessage(&message, &field)
                : *reflection->MutableMessage(&message, &field),
           depth + 1);
    } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      many ? reflection->AddString(&message, &field, text())
           : reflection->SetString(&message, &field, text());
    } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_BOOL) {
      reflection->SetBool(&message, &field, one_in(2));
    } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_DOUBLE) {
      reflection->SetDouble(&message, &field, one_in(2) ? number() : number() / 7.0);
    } else {
      many ? reflection->AddInt32(&message, &field, number())
           : reflection->SetInt32(&message, &field, number());
    }
  }

  void fill_value(Value& value, int depth) {
    switch (pick(depth > 6 ? 3 : 5)) {
      case 0:
        return value.set_string_value(text());
      case 1:
        return value.set_number_value(one_in(2) ? number() : number() / 7.0);
      case 2:
        return value.set_bool_value(one_in(2));
      case 3:
        value.mutable_list_value();
        for (int i = pick(3); i > 0; --i) {
          fill_value(*value.mutable_list_value()->add_values(), depth + 1);
        }
        return;
      default:
        value.mutable_struct_value();
        for (int i = pick(3); i > 0; --i) {
          auto& fields = *value.mutable_struct_value()->mutable_fields();
          fill_value(fields[text() + std::to_string(i)], depth + 1);
        }
    }
  }

  std::mt19937 random_;
};

// What the writer writes, the reader reads back: for every kind, as YAML and as JSON.
TEST(Document, RoundTrip) {
  for (const KindInfo& kind : user_kinds()) {
    for (unsigned seed = 0; seed < 100; ++seed) {
      v1::Resource resource;
      const auto* field = v1::Resource::descriptor()->FindFieldByNumber(kind.resource_field);
      Message& object = *resource.GetReflection()->MutableMessage(&resource, field);
      Filler(seed).fill(object);
      for (const std::string& text : {to_yaml(to_document(object)), to_json(to_document(object))}) {
        const YamlStream stream = parse_yaml(text);
        ASSERT_FALSE(stream.error) << stream.error->message << "\n" << text;
        const std::unique_ptr<Message> again(object.New());
        if (!stream.documents.empty()) {
          const auto problems = MessageReader().read(stream.documents[0].root(), *again);
          ASSERT_TRUE(problems.empty()) << problems[0].field << ": " << problems[0].message << "\n"
                                        << text;
        }
        std::string difference;
        MessageDifferencer differencer;
        differencer.ReportDifferencesToString(&difference);
        ASSERT_TRUE(differencer.Compare(object, *again)) << difference << "\n" << text;
      }
    }
  }
}

TEST(Document, LooksLikeKubernetes) {
  v1::Service service;
  service.set_api_version("v1");
  service.set_kind("Service");
  service.mutable_metadata()->set_name("pipy");
  (*service.mutable_metadata()->mutable_labels())["b"] = "1.10";
  (*service.mutable_metadata()->mutable_labels())["a"] = "x";
  service.mutable_metadata()->set_generation(2);
  v1::ServicePort& port = *service.mutable_spec()->add_ports();
  port.set_port(8080);
  port.mutable_target_port()->set_int_value(80);
  service.mutable_spec()->set_cluster_ip("None");
  EXPECT_EQ(to_yaml(to_document(service)),
            "apiVersion: v1\n"
            "kind: Service\n"
            "metadata:\n"
            "  name: pipy\n"
            "  labels:\n"
            "    a: x\n"
            "    b: \"1.10\"\n"
            "  generation: 2\n"
            "spec:\n"
            "  ports:\n"
            "  - port: 8080\n"
            "    targetPort: 80\n"
            "  clusterIP: None\n");
  EXPECT_EQ(to_json(to_document(service.spec())),
            "{\n"
            "    \"ports\": [\n"
            "        {\n"
            "            \"port\": 8080,\n"
            "            \"targetPort\": 80\n"
            "        }\n"
            "    ],\n"
            "    \"clusterIP\": \"None\"\n"
            "}\n");
}

TEST(Document, StatusesShowWhatIsNotSet) {
  v1::NodeStatus node;
  node.set_node_id("a");
  node.mutable_active()->set_epoch(UINT64_MAX);
  node.mutable_active()->set_digest("\x01\xff");
  const std::string yaml = to_yaml(to_document(node, Unset::kShow));
  EXPECT_NE(yaml.find("connected: false\n"), std::string::npos) << yaml;
  EXPECT_NE(yaml.find("rejectedReasons: []\n"), std::string::npos) << yaml;
  EXPECT_NE(yaml.find("epoch: \"18446744073709551615\"\n"), std::string::npos) << yaml;
  EXPECT_NE(yaml.find("digest: 01ff\n"), std::string::npos) << yaml;
  EXPECT_EQ(to_yaml(to_document(v1::NodeStatus())), "{}\n");
}

}  // namespace
}  // namespace limpet::cli
