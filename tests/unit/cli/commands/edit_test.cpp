#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "core/base/text.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "tests/unit/cli/commands/run_gwctl.h"

namespace limpet::cli::test {
namespace {

const EntryKey kRoute{"HTTPRoute", "server", "fortio-route"};

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  const size_t at = text.rfind(what);  // comments, which come first, may have it, too
  EXPECT_NE(at, std::string::npos) << what << " in\n" << text;
  return at == std::string::npos ? text : text.replace(at, what.size(), by);
}

class EditTest : public testing::Test {
 protected:
  // What is done with the text, each time it is shown.
  using Turn = std::function<std::string(const std::string&)>;

  EditTest() {
    gwctl.input = kTwoObjects;
    EXPECT_EQ(gwctl({"apply", "-f", "-"}), kOk);
    v1::HTTPRoute& route = *gwctl.state.objects[kRoute].mutable_http_route();
    route.mutable_metadata()->set_uid("u-1");
    route.mutable_metadata()->set_resource_version("1");
    route.mutable_status()->mutable_nodes()->set_desired(3);
    gwctl.edit = [this](const std::string& path) {
      file = path;
      struct stat status {};
      EXPECT_EQ(stat(path.c_str(), &status), 0);
      EXPECT_EQ(status.st_mode & 0777U, 0600U);
      std::ifstream in(path);
      std::ostringstream text;
      text << in.rdbuf();
      shown.push_back(text.str());
      if (shown.size() > turns.size()) {
        ADD_FAILURE() << "shown again:\n" << text.str();
        return absl::CancelledError("too often");
      }
      std::ofstream(path) << turns[shown.size() - 1](text.str());
      return absl::OkStatus();
    };
  }
  int edit(std::vector<std::string> flags = {}) {
    std::vector<std::string> words{"edit", "hr", "fortio-route", "-n", "server"};
    words.insert(words.end(), flags.begin(), flags.end());
    return gwctl(words);
  }
  int32_t stored_port() {
    return gwctl.state.objects[kRoute].http_route().spec().rules(0).backend_refs(0).port();
  }
  bool kept() const { return std::filesystem::exists(file); }

  static std::string change_port(const std::string& text) { return replaced(text, "8080", "9090"); }
  static std::string same(const std::string& text) { return text; }

  Gwctl gwctl;
  std::vector<Turn> turns;
  std::vector<std::string> shown;
  std::string file;
};

TEST_F(EditTest, WhatIsSavedIsApplied) {
  turns = {change_port};
  EXPECT_EQ(edit({"-m", "why"}), kOk) << gwctl.err;
  EXPECT_EQ(gwctl.out, "httproute.gateway.networking.k8s.io/fortio-route configured\n");
  EXPECT_EQ(stored_port(), 9090);
  EXPECT_EQ(gwctl.state.options.expected_revision(), 1U);
  EXPECT_EQ(gwctl.state.options.message(), "why");
  EXPECT_FALSE(kept());
  EXPECT_TRUE(file.ends_with(".yaml"));
  // What the server alone writes is not shown.
  for (const char* word : {"uid", "resourceVersion", "status"}) {
    EXPECT_FALSE(contains(shown[0], word)) << word;
  }
  EXPECT_TRUE(shown[0].starts_with("# Edit the object below"));
}

TEST_F(EditTest, JsonAndWaiting) {
  turns = {change_port};
  v1::WaitActiveResponse done;
  done.set_connected(1);
  done.set_done(true);
  gwctl.state.progress = {done};
  EXPECT_EQ(edit({"-o", "json", "--wait"}), kOk) << gwctl.err;
  EXPECT_EQ(gwctl.state.waited_for, 2U);
  EXPECT_TRUE(contains(shown[0], "\"kind\": \"HTTPRoute\""));
  EXPECT_TRUE(file.ends_with(".json"));
}

TEST_F(EditTest, NoChangeIsNoChange) {
  turns = {same};
  EXPECT_EQ(edit(), kOk);
  EXPECT_EQ(gwctl.err, "Edit cancelled, no changes made.\n");
  EXPECT_FALSE(kept());
  shown.clear();
  turns = {[](const std::string& text) { return text + "\n# a note\n"; }};
  EXPECT_EQ(edit(), kOk);
  EXPECT_EQ(gwctl.err, "Edit cancelled, no changes made.\n");
  shown.clear();
  turns = {[](const std::string&) { return "# only this\n"; }};
  EXPECT_EQ(edit(), kOk);
  EXPECT_EQ(gwctl.err, "Edit cancelled, the saved file was empty.\n");
  EXPECT_EQ(gwctl.state.revision, 1U);
}

TEST_F(EditTest, WhatIsWrongIsShownAgainAtItsLine) {
  turns = {[](const std::string& text) { return replaced(text, "8080", "808080"); },
           [](const std::string& text) { return replaced(text, "808080", "\"x\""); },
           [](const std::string& text) { return replaced(text, "\"x\"", "9090"); }};
  EXPECT_EQ(edit(), kOk) << gwctl.err;
  EXPECT_EQ(stored_port(), 9090);
  ASSERT_EQ(shown.size(), 3U);
  std::vector<std::string> lines;
  std::istringstream in(shown[1]);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  int at = 0;
  for (size_t i = 0; i < lines.size(); ++i) {
    if (contains(lines[i], "808080") && !lines[i].starts_with('#')) at = static_cast<int>(i) + 1;
  }
  const std::string place = str_cat("# ", at, ":");
  EXPECT_TRUE(contains(shown[1], place)) << shown[1];
  EXPECT_TRUE(contains(shown[1], "spec.rules[0].backendRefs[0].port: must be between 1 and 65535"));
  // The second time, of the second mistake alone.
  EXPECT_FALSE(contains(shown[2], "65535"));
  EXPECT_TRUE(contains(shown[2], "port: must be a number"));
  EXPECT_FALSE(kept());
}

TEST_F(EditTest, WhatIsNotMendedIsKept) {
  turns = {[](const std::string& text) { return replaced(text, "8080", "0"); }, same};
  EXPECT_EQ(edit(), kRejected);
  EXPECT_TRUE(contains(gwctl.err, "What you have written is kept in " + file));
  EXPECT_TRUE(contains(gwctl.err, "backendRefs[0].port: must be"));
  EXPECT_TRUE(kept());
  std::filesystem::remove(file);
}

TEST_F(EditTest, AnEditIsOfOneObject) {
  turns = {[](const std::string& text) { return replaced(text, "name: fortio", "name: other"); },
           same};
  EXPECT_EQ(edit(), kRejected);
  EXPECT_TRUE(contains(shown[1],
                       "kind, name and namespace must stay those of HTTPRoute "
                       "server/fortio-route"));
  std::filesystem::remove(file);
}

TEST_F(EditTest, AnotherChangeOfTheObjectIsAConflict) {
  turns = {[this](const std::string& text) {
    gwctl.state.revision = 5;
    gwctl.state.objects[kRoute].mutable_http_route()->mutable_metadata()->set_resource_version("5");
    return change_port(text);
  }};
  EXPECT_EQ(edit(), kConflict);
  EXPECT_TRUE(contains(gwctl.err, "was changed meanwhile, at revision 5"));
  EXPECT_TRUE(contains(gwctl.err, "kept in " + file));
  EXPECT_EQ(stored_port(), 8080);
  std::ifstream in(file);
  std::ostringstream text;
  text << in.rdbuf();
  EXPECT_TRUE(contains(text.str(), "9090"));
  std::filesystem::remove(file);
}

TEST_F(EditTest, ADeletedObjectIsAConflict) {
  turns = {[this](const std::string& text) {
    gwctl.state.revision = 5;
    gwctl.state.objects.erase(kRoute);
    return change_port(text);
  }};
  EXPECT_EQ(edit(), kConflict);
  EXPECT_TRUE(contains(gwctl.err, "was deleted meanwhile"));
  std::filesystem::remove(file);
}

TEST_F(EditTest, ChangesOfOtherObjectsAreNoConflict) {
  turns = {[this](const std::string& text) {
    gwctl.state.revision = 5;
    return change_port(text);
  }};
  EXPECT_EQ(edit(), kOk) << gwctl.err;
  EXPECT_EQ(gwctl.state.options.expected_revision(), 5U);
  EXPECT_EQ(stored_port(), 9090);
}

TEST_F(EditTest, TheServersRefusalIsShownAgain) {
  turns = {[this](const std::string& text) {
             google::rpc::BadRequest bad;
             auto& violation = *bad.add_field_violations();
             violation.set_field("resources[0].spec.rules[0].backendRefs[0].port");
             violation.set_description("not this one");
             google::rpc::Status details;
             details.add_details()->PackFrom(bad);
             gwctl.state.error = absl::InvalidArgumentError("refused");
             gwctl.state.error.SetPayload(kRpcStatusPayload,
                                          absl::Cord(details.SerializeAsString()));
             return change_port(text);
           },
           [this](const std::string& text) {
             gwctl.state.error = absl::OkStatus();
             return replaced(text, "9090", "9091");
           }};
  EXPECT_EQ(edit(), kOk) << gwctl.err;
  EXPECT_TRUE(contains(shown[1], "spec.rules[0].backendRefs[0].port: not this one"));
  EXPECT_EQ(stored_port(), 9091);
}

TEST_F(EditTest, OtherErrorsKeepTheText) {
  turns = {[this](const std::string& text) {
    gwctl.state.error = absl::UnavailableError("no server");
    return change_port(text);
  }};
  EXPECT_EQ(edit(), kUnreachable);
  EXPECT_TRUE(contains(gwctl.err, "no server"));
  EXPECT_TRUE(contains(gwctl.err, "kept in " + file));
  std::filesystem::remove(file);
}

TEST_F(EditTest, WhatWasSavedBeforeTheEditorFailedIsKept) {
  gwctl.edit = [this](const std::string& path) {
    file = path;
    std::ofstream(path, std::ios::app) << "# more\n";
    return absl::CancelledError("the editor was ended by signal 1");
  };
  EXPECT_EQ(edit(), kFailed);
  EXPECT_TRUE(contains(gwctl.err, file)) << gwctl.err;
  EXPECT_TRUE(std::filesystem::remove(file));
}

TEST_F(EditTest, AnEmptyFileIsNotKept) {
  gwctl.edit = [this](const std::string& path) {
    file = path;
    std::ofstream(path, std::ios::trunc).close();
    return absl::CancelledError("the editor was ended by signal 1");
  };
  EXPECT_EQ(edit(), kFailed);
  EXPECT_FALSE(contains(gwctl.err, "kept in"));
  EXPECT_FALSE(kept());
}

TEST_F(EditTest, AnEditorThatFailsChangesNothing) {
  gwctl.edit = [this](const std::string& path) {
    file = path;
    return absl::CancelledError("the editor vi ended with exit code 1");
  };
  EXPECT_EQ(edit(), kFailed);
  EXPECT_EQ(gwctl.err, "gwctl: the editor vi ended with exit code 1\n");
  EXPECT_FALSE(kept());
}

TEST_F(EditTest, WrongUse) {
  EXPECT_EQ(gwctl({"edit", "hr", "none", "-n", "server"}), kNotFound);
  EXPECT_EQ(gwctl({"edit", "hr", "-n", "server"}), kUsage);
  EXPECT_EQ(gwctl({"edit", "hr", "a", "b"}), kUsage);
  EXPECT_EQ(gwctl.err, "gwctl: edit takes one KIND NAME\n");
}

}  // namespace
}  // namespace limpet::cli::test
