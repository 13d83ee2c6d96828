#include "server/door/apply_body.h"

#include <gtest/gtest.h>

#include "core/base/text.h"

namespace limpet {
namespace {

constexpr char kService[] =
    R"({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"},
        "spec": {"ports": [{"port": 80}]}, "status": {"x": 1}})";

// "FIELD: MESSAGE" of each violation, or the message when there is none.
std::string problems(std::string_view body) {
  v1::ApplyRequest request;
  const std::optional<DoorError> error = read_apply(body, request);
  if (!error) return {};
  std::vector<std::string> lines;
  for (const Violation& violation : error->violations) {
    lines.push_back(str_cat(violation.field, ": ", violation.message));
  }
  return lines.empty() ? std::string(error->status.message()) : join(lines, "\n");
}

v1::ApplyRequest right(const std::string& body) {
  v1::ApplyRequest request;
  EXPECT_FALSE(read_apply(body, request)) << problems(body);
  return request;
}

TEST(ReadApply, AWholeRequest) {
  const v1::ApplyRequest request = right(
      str_cat(R"({"resources": [)", kService, R"(], "deletes": [{"kind": "Service", "name": "a"}],
         "pruneLabels": {"team": "shop"},
         "options": {"expectedRevision": 18446744073709551615, "validateOnly": true,
                     "allowMassDelete": true, "message": "m", "requestId": "r"}})"));
  EXPECT_EQ(request.resources(0).service().spec().ports(0).port(), 80);
  EXPECT_EQ(request.deletes(0).name(), "a");
  EXPECT_EQ(request.prune_labels().at("team"), "shop");
  EXPECT_EQ(request.options().expected_revision(), UINT64_MAX);
  EXPECT_TRUE(request.options().validate_only());
  EXPECT_TRUE(request.options().allow_mass_delete());
  EXPECT_EQ(request.options().request_id(), "r");
  EXPECT_EQ(right(R"({"options": {"expectedRevision": "7"}})").options().expected_revision(), 7u);
}

TEST(ReadApply, AnObjectOrAListOfThem) {
  EXPECT_EQ(right(kService).resources(0).service().metadata().name(), "web");
  EXPECT_EQ(right(str_cat(R"({"apiVersion": "v1", "kind": "List", "items": [)", kService, ",",
                          kService, "]}"))
                .resources_size(),
            2);
}

TEST(ReadApply, TellsEveryProblemAtItsPlace) {
  EXPECT_EQ(problems(R"({"resources": [
      {"kind": "Servce"}, 7, {"kind": "Service", "spec": {"prots": [], "ports": 1}}],
      "optoins": {}, "options": {"validateOnly": "yes", "expectedRevision": -1}})"),
            "optoins: unknown field; did you mean \"options\"?\n"
            "options.validateOnly: must be true or false, not the text \"yes\"; remove the quotes\n"
            "options.expectedRevision: must be a whole number of at most 64 bits, not -1\n"
            "resources[0].kind: unknown kind \"Servce\"; did you mean Service?\n"
            "resources[1]: must be an object with apiVersion and kind\n"
            "resources[2].spec.prots: unknown field; did you mean \"ports\"?\n"
            "resources[2].spec.ports: must be a list, not 1");
  EXPECT_EQ(problems(R"({"kind": "Service", "spec": 1})"), "spec: must be a map of fields, not 1");
  EXPECT_EQ(problems("[]"), ": must be an object with \"resources\"");
  EXPECT_EQ(problems(R"({"resources": [], "resources": []})"),
            "resources: occurs twice; keep one of the two");
  EXPECT_EQ(problems(R"({"resources": {}})"), "resources: must be a list");
  EXPECT_TRUE(problems("{\n\"a\" 1}").starts_with("line 2, column 5: not valid JSON: "));
}

TEST(ReadApply, TellsOnlySoMany) {
  std::string body = R"({"resources": [0)";
  for (int i = 0; i < 1000; ++i) body += ",0";
  v1::ApplyRequest request;
  const std::optional<DoorError> error = read_apply(body + "]}", request);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->violations.size(), 101u);
  EXPECT_EQ(error->violations.back().message, "and further ones");
}

}  // namespace
}  // namespace limpet
