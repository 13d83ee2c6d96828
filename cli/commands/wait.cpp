// gwctl wait: until the nodes serve a revision, or until objects are gone.
#include <ostream>
#include <set>

#include "cli/commands/activation.h"
#include "cli/commands/progress_line.h"
#include "cli/commands/resource_args.h"
#include "cli/output/columns.h"
#include "core/base/text.h"
#include "core/resource/object.h"

namespace limpet::cli {
namespace {

constexpr char kExamples[] =
    "  # Until every connected node serves the newest revision, or revision 12\n"
    "  gwctl wait --for=active\n"
    "  gwctl wait --for=active --revision 12 --timeout 30s\n"
    "  gwctl wait --for=active --percent 90\n"
    "  # Until nothing of that name is stored\n"
    "  gwctl wait --for=delete httproute fortio-route -n server\n";

struct WaitVerbOptions {
  std::string condition;
  std::vector<std::string> words;
  std::string ns = kDefaultNamespace;
  uint64_t revision = 0;
  WaitOptions wait;
};

// What is still there, as far as the server has told.
class Remaining {
 public:
  explicit Remaining(const std::vector<EntryKey>& keys) : wanted_(keys.begin(), keys.end()) {}

  // Whether to go on.
  bool take(const v1::WatchResponse& response) {
    for (const v1::WatchResponse::Event& event : response.events()) {
      if (object_of(event.resource()) == nullptr) continue;
      const EntryKey key = key_of(event.resource());
      if (!wanted_.contains(key)) continue;
      if (event.type() == v1::WatchResponse::Event::DELETED) {
        present_.erase(key);
      } else {
        present_.insert(key);
      }
    }
    // Until the first bookmark, more of what there is may follow.
    told_ = told_ || response.bookmark() != 0;
    return !gone();
  }

  bool told() const { return told_; }
  bool gone() const { return told_ && present_.empty(); }

  std::string progress_text() const {
    return str_cat(wanted_.size() - present_.size(), " of ", wanted_.size(),
                   " objects are gone; waiting for ", text());
  }

  std::string text() const {
    std::vector<std::string> names;
    for (const EntryKey& key : present_) names.push_back(to_string(key));
    return join(names, ", ");
  }

 private:
  const std::set<EntryKey> wanted_;
  std::set<EntryKey> present_;
  bool told_ = false;
};

int wait_until_deleted(const Session& session, const WaitVerbOptions& options) {
  const absl::StatusOr<ResourceArgs> args = parse_resource_args(options.words, options.ns);
  if (!args.ok()) return session.fail(kUsage, std::string(args.status().message()));
  if (args->keys.empty()) return session.fail(kUsage, "wait --for=delete takes KIND NAME...");
  Remaining remaining(args->keys);
  ProgressLine line(session);
  line.show("waiting for the server to tell what there is");
  const absl::Status status = session.connect()->watch(
      v1::WatchRequest(), options.wait.timeout,
      [&](const v1::WatchResponse& response) {
        const bool go_on = remaining.take(response);
        if (go_on && remaining.told()) line.show(remaining.progress_text());
        return go_on;
      });
  line.clear();
  if (remaining.gone()) {
    for (const EntryKey& key : args->keys) {
      session.out() << kind_label(*find_kind(key.kind)) << "/" << key.name << " deleted\n";
    }
    return kOk;
  }
  if (absl::IsDeadlineExceeded(status)) {
    return session.fail(kTimedOut, str_cat("the time is over; still there: ", remaining.text()));
  }
  if (!status.ok()) return session.fail(status);
  return session.fail(kUnreachable, "the server has ended the watch");
}

int run_wait(const Session& session, const WaitVerbOptions& options) {
  if (options.condition == "delete") {
    if (options.revision == 0) return wait_until_deleted(session, options);
    return session.fail(kUsage, "--revision goes with --for=active");
  }
  if (options.words.empty()) return wait_until_active(session, options.revision, options.wait);
  return session.fail(kUsage, "--for=active is about a revision as a whole; it takes no objects");
}

}  // namespace

void add_wait(CLI::App& app, Session& session) {
  const auto options = std::make_shared<WaitVerbOptions>();
  CLI::App* verb =
      add_verb(app, session, "wait", "Wait until nodes serve a revision, or until objects are gone",
               kExamples, options, run_wait);
  verb->add_option("resource", options->words, "KIND NAME... or KIND/NAME..., for --for=delete");
  verb->add_option("--for", options->condition, "active or delete")
      ->required()
      ->check(CLI::IsMember({"active", "delete"}));
  verb->add_option("--revision", options->revision, "With --for=active (default: the newest)")
      ->check(CLI::PositiveNumber);
  verb->add_option("-n,--namespace", options->ns, "Namespace of the objects")
      ->capture_default_str();
  add_percent_flag(*verb, options->wait);
  add_timeout_flag(*verb, options->wait);
}

}  // namespace limpet::cli
