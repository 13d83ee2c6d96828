// gwctl get with a choice of objects, order and output of one's own.
#include <fstream>

#include <gtest/gtest.h>

#include "core/base/text.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/cli/commands/run_gwctl.h"

namespace limpet::cli::test {
namespace {

class GetTest : public testing::Test {
 protected:
  GetTest() {
    gwctl.input = R"(
apiVersion: v1
kind: Service
metadata: {name: a, namespace: x, labels: {team: shop, limpet.dev/tier: web}}
spec: {ports: [{name: http, port: 8080}, {name: admin, port: 90}]}
---
apiVersion: v1
kind: Service
metadata: {name: b, namespace: x}
spec: {type: ExternalName, externalName: b.example.com, ports: [{port: 443}]}
---
apiVersion: v1
kind: Service
metadata: {name: c, namespace: y, labels: {team: core}}
spec: {ports: [{port: 100}]}
)";
    EXPECT_EQ(gwctl({"apply", "-f", "-"}), kOk) << gwctl.err;
  }
  std::string get(std::vector<std::string> flags) {
    std::vector<std::string> words{"get", "svc", "-A"};
    words.insert(words.end(), flags.begin(), flags.end());
    EXPECT_EQ(gwctl(words), kOk) << gwctl.err;
    return gwctl.out;
  }
  std::string names(const std::string& selector) {
    return get({"-o", "name", "--field-selector", selector});
  }
  std::string error(std::vector<std::string> flags) {
    std::vector<std::string> words{"get", "svc", "-A"};
    words.insert(words.end(), flags.begin(), flags.end());
    EXPECT_EQ(gwctl(words), kUsage);
    return gwctl.err;
  }
  Gwctl gwctl;
};

TEST_F(GetTest, FieldSelectors) {
  EXPECT_EQ(names("metadata.name=b"), "service/b\n");
  EXPECT_EQ(names("metadata.name==b"), "service/b\n");
  EXPECT_EQ(names("metadata.namespace!=x"), "service/c\n");
  EXPECT_EQ(names("metadata.namespace=x,spec.type!=ExternalName"), "service/a\n");
  // What is missing is empty; of several, one of them is enough.
  EXPECT_EQ(names("spec.type="), "service/a\nservice/c\n");
  EXPECT_EQ(names("spec.ports[*].port=90"), "service/a\n");
  EXPECT_EQ(error({"--field-selector", "name"}),
            "gwctl: --field-selector: \"name\" must be FIELD=VALUE, FIELD==VALUE or "
            "FIELD!=VALUE\n");
  EXPECT_TRUE(contains(error({"--field-selector", "a[=b"}), "\"a[\": column 3: "));
  EXPECT_EQ(gwctl({"get", "svc", "a", "-n", "x", "--field-selector", "spec.type=X"}), kUsage);
}

TEST_F(GetTest, AnOrderOfOnesOwn) {
  EXPECT_EQ(get({"-o", "name", "--sort-by", "{.spec.ports[0].port}"}),
            "service/c\nservice/b\nservice/a\n");
  // Missing ones first.
  EXPECT_EQ(get({"-o", "name", "--sort-by", ".metadata.labels.team"}),
            "service/b\nservice/c\nservice/a\n");
  EXPECT_EQ(error({"--sort-by", ".a["}),
            "gwctl: --sort-by: column 4: must be a number, a slice such as 1:3, a name in quotes, "
            "* or ?()\n");
}

TEST_F(GetTest, CustomColumns) {
  EXPECT_EQ(get({"-o",
                 "custom-columns=NAME:.metadata.name,PORTS:{.spec.ports[*].port},"
                 "HTTP:spec.ports[?(@.name=='http')].port,HOST:.spec.externalName"}),
            "NAME   PORTS     HTTP     HOST\n"
            "a      8080,90   8080     <none>\n"
            "b      443       <none>   b.example.com\n"
            "c      100       <none>   <none>\n");
  EXPECT_EQ(get({"--no-headers", "-o=custom-columns=N:metadata.name"}), "a\nb\nc\n");
  EXPECT_TRUE(contains(error({"-o", "custom-columns=NAME"}), "\"NAME\" must be HEADER:PATH"));
  EXPECT_TRUE(contains(error({"-o", "custom-columns=N:.a["}), "column N: \".a[\": column 4: "));
}

TEST_F(GetTest, JsonPath) {
  EXPECT_EQ(get({"-o", "jsonpath={.items[*].metadata.name}"}), "a b c");
  EXPECT_EQ(get({"-o",
                 "jsonpath={range .items[*]}{.metadata.name}{\"\\t\"}{.spec.type}{\"\\n\"}"
                 "{end}"}),
            "a\t\nb\tExternalName\nc\t\n");
  EXPECT_EQ(gwctl({"get", "svc", "a", "-n", "x", "-o", "jsonpath={.spec.ports[1].port}"}), kOk);
  EXPECT_EQ(gwctl.out, "90");
  EXPECT_EQ(error({"-o", "jsonpath={.items[*}"}), "gwctl: jsonpath: column 10: unexpected \"}\"\n");
  EXPECT_EQ(error({"-o", "jsonpath"}), "gwctl: -o jsonpath needs a value: -o jsonpath=...\n");
  EXPECT_TRUE(contains(error({"-o", "xml"}), "-o: \"xml\" must be wide, yaml, json, name, "));
}

TEST_F(GetTest, TemplatesAndColumnsOfFiles) {
  const TemporaryDirectory directory;
  const std::string columns = directory.path() / "columns";
  const std::string path = directory.path() / "path";
  std::ofstream(columns) << "NAME           TYPE\n.metadata.name .spec.type\n";
  std::ofstream(path) << "{.items[0].metadata.name}\n";
  EXPECT_EQ(get({"-o", "custom-columns-file=" + columns}),
            "NAME   TYPE\na      <none>\nb      ExternalName\nc      <none>\n");
  EXPECT_EQ(get({"-o", "jsonpath-file=" + path}), "a\n");
  std::ofstream(columns) << "NAME TYPE\n.metadata.name\n";
  EXPECT_TRUE(contains(error({"-o", "custom-columns-file=" + columns}), "a line of headers"));
  EXPECT_TRUE(contains(error({"-o", "jsonpath-file=" + path + "x"}), "cannot read "));
}

TEST_F(GetTest, LabelsAsColumns) {
  const std::string table = get({"--show-labels", "-L", "team,limpet.dev/tier"});
  EXPECT_TRUE(contains(table, "AGE         TEAM     TIER     LABELS\n")) << table;
  EXPECT_TRUE(contains(table, "shop     web      limpet.dev/tier=web,team=shop\n"));
  EXPECT_TRUE(contains(table, "<none>   <none>   <none>\n"));
  EXPECT_FALSE(contains(get({"--no-headers"}), "NAME"));
}

TEST_F(GetTest, ATableFitsTheTerminal) {
  gwctl.columns = 40;
  EXPECT_TRUE(contains(get({"--show-labels"}), "\xE2\x80\xA6"));
  gwctl.columns = 0;
  EXPECT_FALSE(contains(get({"--show-labels"}), "\xE2\x80\xA6"));
}

TEST_F(GetTest, AWatchHasItsOwnLimits) {
  for (const char* flag :
       {"-o=jsonpath={.a}", "-o=custom-columns=A:.a", "--sort-by=.a", "--field-selector=a=b"}) {
    EXPECT_TRUE(contains(error({"-w", flag}), "-w goes with tables, names, YAML and JSON alone"));
  }
  gwctl.state.watch_status = absl::UnavailableError("gone");
  gwctl.state.events = {event({"Service", "x", "a"}, v1::WatchResponse::Event::UPSERTED, 1)};
  EXPECT_EQ(gwctl({"get", "svc", "-A", "-w", "--no-headers", "--show-labels"}), kUnreachable);
  EXPECT_TRUE(gwctl.out.starts_with("ADDED      x ")) << gwctl.out;
  EXPECT_TRUE(gwctl.out.ends_with("<none>\n"));
}

TEST_F(GetTest, NothingIsSaidOnStderr) {
  EXPECT_EQ(get({"--field-selector", "metadata.name=zz"}), "");
  EXPECT_EQ(gwctl.err, "No resources found.\n");
  EXPECT_EQ(get({"--field-selector", "metadata.name=zz", "-o", "jsonpath={.items[*]}"}), "");
}

}  // namespace
}  // namespace limpet::cli::test
