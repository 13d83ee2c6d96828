// gwctl edit: an object in a person's editor, and what comes of it back to the server.
#include <ostream>

#include <absl/strings/ascii.h>
#include <absl/strings/strip.h>

#include "cli/commands/change.h"
#include "cli/commands/edit_buffer.h"
#include "cli/commands/manifest_input.h"
#include "cli/commands/resource_args.h"
#include "core/base/text.h"
#include "core/snapshot/wire.h"
#include "manifest/document.h"

namespace limpet::cli {
namespace {

constexpr char kExamples[] =
    "  gwctl edit httproute fortio-route -n server\n"
    "  # Return when every connected node serves it\n"
    "  gwctl edit httproute fortio-route -n server --wait\n"
    "  GWCTL_EDITOR='code --wait' gwctl edit svc/pipy -n server -o json\n";

// Tries when the state moves on under the edit, and the object does not.
constexpr int kMaxTries = 20;

struct EditOptions {
  std::vector<std::string> words;
  std::string ns = kDefaultNamespace;
  std::string output = "yaml";
  ChangeFlags change;
};

std::string written(const v1::Resource& resource, const std::string& output) {
  const DocumentNode document = to_document(*object_of(resource));
  return output == "json" ? to_json(document) : to_yaml(document);
}

class Edit {
 public:
  Edit(const Session& session, const EditOptions& options, EditBuffer& buffer)
      : session_(session), options_(options), buffer_(buffer), server_(session.connect()) {}

  int run(const EntryKey& key) {
    key_ = key;
    const auto got = get();
    if (absl::IsNotFound(got.status())) {
      return session_.fail(kNotFound, to_string(key) + ": not found");
    }
    if (!got.ok()) return session_.fail(got.status());
    head_ = got->state().revision();
    original_ = got->resource();
    version_ = version_of(original_);
    clear_server_owned(*object_of(original_));
    std::string shown = with_comments(written(original_, options_.output), {});
    while (true) {
      before_ = body_of(shown).text;
      if (absl::Status s = buffer_.write(shown); !s.ok()) return give_up(kUsage, s);
      if (absl::Status s = session_.environment.edit(buffer_.path()); !s.ok()) {
        return give_up(absl::IsCancelled(s) ? kFailed : kUsage, s);
      }
      const absl::StatusOr<std::string> edited = buffer_.read();
      if (!edited.ok()) return give_up(kUsage, edited.status());
      if (std::optional<int> code = cancelled(body_of(*edited).text)) return *code;
      changed_ = true;
      problems_.clear();
      if (std::optional<int> code = send(*edited)) return *code;
      shown = with_comments(*edited, problems_);
    }
  }

 private:
  absl::StatusOr<v1::GetResponse> get() {
    v1::GetRequest request;
    *request.mutable_key() = to_proto(key_);
    return server_->get(request);
  }

  static std::string version_of(const v1::Resource& resource) {
    return metadata_of(*object_of(resource)).resource_version();
  }

  // Whether there is nothing more to do, and with which exit code.
  std::optional<int> cancelled(const std::string& body) {
    if (absl::StripAsciiWhitespace(body).empty()) {
      return no_changes("Edit cancelled, the saved file was empty.");
    }
    if (body != before_) return std::nullopt;
    if (problems_.empty()) return no_changes("Edit cancelled, no changes made.");
    for (const Problem& problem : problems_) {
      session_.err() << to_string(key_) << ": " << problem.field
                     << (problem.field.empty() ? "" : ": ") << problem.message << "\n";
    }
    return give_up(kRejected, absl::InvalidArgumentError("the edit was refused, and not mended"));
  }

  int no_changes(const char* text) const {
    session_.err() << text << "\n";
    return kOk;
  }

  // What a person wrote is not lost: neither in rounds before, nor by an editor that then failed,
  // nor where it cannot be read.
  int give_up(ExitCode code, const absl::Status& status) {
    session_.fail(code, std::string(status.message()));
    const absl::StatusOr<std::string> now = buffer_.read();
    const std::string body = now.ok() ? body_of(*now).text : "";
    if (!now.ok() || (!body.empty() && body != before_)) changed_ = true;
    if (changed_) session_.err() << "What you have written is kept in " << buffer_.keep() << "\n";
    return code;
  }

  // The exit code; none when there are problems, and the edit goes on.
  std::optional<int> send(const std::string& edited) {
    const SourceFile file{buffer_.path(), edited};
    Manifest manifest = read_manifest({&file, 1}, key_.ns, ManifestUse::kApply);
    problems_ = std::move(manifest.problems);
    if (problems_.empty()) check_identity(manifest, file);
    if (!problems_.empty()) return std::nullopt;
    ManifestObject& object = manifest.objects[0];
    clear_server_owned(*object_of(object.resource));
    if (serialize(object.resource) == serialize(original_)) {
      return no_changes("Edit cancelled, no changes made.");
    }
    return apply(object);
  }

  // An edit changes one object, and makes no other one of it.
  void check_identity(const Manifest& manifest, const SourceFile& file) {
    if (manifest.objects.size() != 1) {
      problems_.push_back({file.name, {1, 1}, "", "", "must be one object"});
    } else if (key_of(manifest.objects[0].resource) != key_) {
      problems_.push_back(manifest.objects[0].problem_at(
          "metadata", str_cat("kind, name and namespace must stay those of ", to_string(key_))));
    }
  }

  std::optional<int> apply(const ManifestObject& object) {
    v1::ApplyRequest request;
    *request.add_resources() = object.resource;
    *request.mutable_options() = options_of(options_.change);
    for (int i = 0; i < kMaxTries; ++i) {
      request.mutable_options()->set_expected_revision(head_);
      const auto response = server_->apply(request);
      if (response.ok()) {
        return finish_change(session_, response->results(), response->state(), options_.change);
      }
      if (absl::IsAborted(response.status())) {
        if (std::optional<int> code = moved_on()) return code;
        continue;
      }
      add_violations(response.status(), object);
      if (!problems_.empty()) return std::nullopt;
      return give_up(exit_code_of(response.status()), response.status());
    }
    return give_up(kConflict, absl::AbortedError("the state changes all the time; try again"));
  }

  // The state is another one. The edit is as good as before when the object is not.
  std::optional<int> moved_on() {
    const auto got = get();
    if (absl::IsNotFound(got.status())) {
      return give_up(kConflict, absl::AbortedError(to_string(key_) + " was deleted meanwhile"));
    }
    if (!got.ok()) return give_up(exit_code_of(got.status()), got.status());
    if (version_of(got->resource()) != version_) {
      return give_up(kConflict, absl::AbortedError(
                                    str_cat(to_string(key_), " was changed meanwhile, at revision ",
                                            version_of(got->resource()), "; edit it again")));
    }
    head_ = got->state().revision();
    return std::nullopt;
  }

  void add_violations(const absl::Status& status, const ManifestObject& object) {
    constexpr std::string_view kObject = "resources[0].";
    for (const FieldViolation& violation : violations_of(status)) {
      const bool of_it = std::string_view(violation.field).starts_with(kObject);
      problems_.push_back(object.problem_at(of_it ? violation.field.substr(kObject.size()) : "",
                                            violation.description));
    }
  }

  const Session& session_;
  const EditOptions& options_;
  EditBuffer& buffer_;
  const std::unique_ptr<Management> server_;
  EntryKey key_;
  v1::Resource original_;  // as it was shown first
  std::string version_;    // of the object, not of the state
  uint64_t head_ = 0;
  std::vector<Problem> problems_;  // of what was sent last
  std::string before_;             // the body, as the editor was given it
  bool changed_ = false;           // the file holds more than the original
};

int run_edit(const Session& session, const EditOptions& options) {
  const absl::StatusOr<ResourceArgs> args = parse_resource_args(options.words, options.ns);
  if (!args.ok()) return session.fail(kUsage, std::string(args.status().message()));
  if (args->keys.size() != 1) return session.fail(kUsage, "edit takes one KIND NAME");
  absl::StatusOr<EditBuffer> buffer = EditBuffer::make("." + options.output);
  if (!buffer.ok()) return session.fail(kUsage, std::string(buffer.status().message()));
  return Edit(session, options, *buffer).run(args->keys[0]);
}

}  // namespace

void add_edit(CLI::App& app, Session& session) {
  const auto options = std::make_shared<EditOptions>();
  CLI::App* verb =
      add_verb(app, session, "edit", "Change an object in an editor", kExamples, options, run_edit);
  verb->add_option("resource", options->words, "KIND NAME or KIND/NAME")->required();
  verb->add_option("-n,--namespace", options->ns, "Namespace of the object")->capture_default_str();
  verb->add_option("-o,--output", options->output, "yaml or json: how the object is shown")
      ->check(CLI::IsMember({"yaml", "json"}))
      ->capture_default_str();
  add_guard_flags(*verb, options->change);
}

}  // namespace limpet::cli
