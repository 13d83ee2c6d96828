// gwctl explain: what a kind and its fields are for, from the comments of its schema.
#include <ostream>

#include <absl/strings/str_split.h>

#include "cli/commands/resource_args.h"
#include "cli/commands/session.h"
#include "cli/schema/schema.h"
#include "core/base/text.h"
#include "manifest/suggest.h"

namespace limpet::cli {
namespace {

constexpr char kExamples[] =
    "  gwctl explain httproute\n"
    "  gwctl explain httproute.spec.rules.backendRefs\n"
    "  # All fields below, without their descriptions\n"
    "  gwctl explain ssp --recursive\n"
    "  gwctl explain gateway --api-version gateway.networking.k8s.io/v1beta1\n";

constexpr size_t kTextWidth = 80;  // columns of a description

struct ExplainOptions {
  std::string path;
  std::string api_version;
  bool recursive = false;
};

// What is asked about: a kind, or a field of it.
struct Subject {
  const KindInfo* kind = nullptr;
  std::string path;                        // of the field, from the object; "" for the kind
  const FieldDescriptor* field = nullptr;  // null for the kind
  const Descriptor* message = nullptr;     // whose fields there are; null for none
};

std::string wrapped(const std::string& text, size_t indent) {
  std::string out;
  size_t column = 0;
  for (const std::string& word : std::vector<std::string>(absl::StrSplit(text, ' '))) {
    if (column > 0 && column + 1 + word.size() > kTextWidth) {
      out += '\n';
      column = 0;
    }
    if (column == 0) {
      out.append(indent, ' ');
      column = indent;
    } else {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
  }
  return out + "\n";
}

const FieldDescriptor* field_of(const Descriptor& message, const std::string& name) {
  for (int i = 0; i < message.field_count(); ++i) {
    if (message.field(i)->json_name() == name) return message.field(i);
  }
  return nullptr;
}

std::string unknown_field(const Subject& subject, const std::string& name) {
  const std::string where = subject.path.empty() ? std::string(subject.kind->kind) : subject.path;
  if (subject.message == nullptr) return str_cat(where, " has no fields, so no \"", name, "\"");
  std::vector<std::string> names;
  for (int i = 0; i < subject.message->field_count(); ++i) {
    names.emplace_back(subject.message->field(i)->json_name());
  }
  const std::string meant = suggest(name, names);
  return str_cat(where, " has no field \"", name, "\"; ",
                 meant.empty() ? str_cat("it has ", join(names, ", "))
                               : str_cat("did you mean \"", meant, "\"?"));
}

// "httproute.spec.rules"; the kind's group may follow its name.
absl::StatusOr<Subject> find(const std::string& text) {
  const size_t dot = text.find('.');
  const absl::StatusOr<const KindInfo*> kind = parse_kind(text.substr(0, dot));
  if (!kind.ok()) return kind.status();
  Subject subject{*kind, "", nullptr, &message_of(**kind)};
  std::string_view rest = text;
  rest.remove_prefix(dot == std::string::npos ? text.size() : dot + 1);
  const std::string_view group = subject.kind->group;
  if (!group.empty() && rest.starts_with(group)) {
    rest.remove_prefix(group.size());
    if (rest.starts_with('.')) rest.remove_prefix(1);
  }
  if (rest.empty()) return subject;
  for (const std::string& name : std::vector<std::string>(absl::StrSplit(absl_view(rest), '.'))) {
    const FieldDescriptor* field =
        subject.message == nullptr ? nullptr : field_of(*subject.message, name);
    if (field == nullptr) return absl::InvalidArgumentError(unknown_field(subject, name));
    subject.path += str_cat(subject.path.empty() ? "" : ".", name);
    subject.field = field;
    subject.message = message_below(*field);
  }
  return subject;
}

class Explanation {
 public:
  Explanation(std::ostream& out, const KindInfo& kind)
      : out_(out), required_(required_fields(kind)) {}

  void print(const Subject& subject, const std::string& version, bool recursive) {
    if (!subject.kind->group.empty()) out_ << "GROUP:      " << subject.kind->group << "\n";
    out_ << "KIND:       " << subject.kind->kind << "\n"
         << "VERSION:    " << version << "\n\n";
    if (subject.field != nullptr) {
      out_ << "FIELD: " << subject.field->json_name() << " "
           << type_of(*subject.field, subject.path) << "\n\n";
    }
    out_ << "DESCRIPTION:\n";
    if (subject.field == nullptr) {
      out_ << text_or_none(description_of(*subject.message));
    } else {
      print_description(*subject.field, 4);
    }
    if (subject.message == nullptr) return;
    out_ << "\nFIELDS:\n";
    print_fields(*subject.message, subject.path, 2, recursive);
  }

 private:
  static std::string text_or_none(const std::string& text) {
    return wrapped(text.empty() ? "<none>" : text, 4);
  }

  std::string type_of(const FieldDescriptor& field, const std::string& path) const {
    return str_cat("<", type_name(field), ">", required_.contains(path) ? " -required-" : "");
  }

  void print_description(const FieldDescriptor& field, size_t indent) {
    const std::string text = description_of(field);
    const std::string note = note_on(field);
    if (!text.empty() || note.empty()) out_ << wrapped(text.empty() ? "<none>" : text, indent);
    if (!note.empty()) out_ << wrapped(note, indent);
  }

  void print_fields(const Descriptor& message, const std::string& above, size_t indent,
                    bool recursive) {
    for (int i = 0; i < message.field_count(); ++i) {
      const FieldDescriptor& field = *message.field(i);
      const std::string path = str_cat(above, above.empty() ? "" : ".", field.json_name());
      out_ << std::string(indent, ' ') << field.json_name() << "\t" << type_of(field, path) << "\n";
      if (!recursive) {
        print_description(field, indent + 2);
        out_ << "\n";
      } else if (const Descriptor* below = message_below(field); below != nullptr) {
        print_fields(*below, path, indent + 2, recursive);
      }
    }
  }

  std::ostream& out_;
  const std::set<std::string> required_;
};

int run_explain(const Session& session, const ExplainOptions& options) {
  const absl::StatusOr<Subject> subject = find(options.path);
  if (!subject.ok()) return session.fail(kUsage, std::string(subject.status().message()));
  const KindInfo& kind = *subject->kind;
  if (!options.api_version.empty() && !is_api_version_of(kind, options.api_version)) {
    return session.fail(
        kUsage, str_cat("--api-version: ", kind.kind, " has ", join(api_versions_of(kind), " and "),
                        ", not ", options.api_version));
  }
  const std::string api_version =
      options.api_version.empty() ? api_versions_of(kind).front() : options.api_version;
  Explanation(session.out(), kind)
      .print(*subject, api_version.substr(api_version.find('/') + 1), options.recursive);
  return kOk;
}

}  // namespace

void add_explain(CLI::App& app, Session& session) {
  const auto options = std::make_shared<ExplainOptions>();
  CLI::App* verb = add_verb(app, session, "explain", "Show what a kind and its fields are for",
                            kExamples, options, run_explain);
  verb->add_option("kind", options->path, "KIND, or KIND.FIELD.FIELD...")->required();
  verb->add_flag("--recursive", options->recursive, "All fields below, without descriptions");
  verb->add_option("--api-version", options->api_version, "Of the versions that the kind has");
}

}  // namespace limpet::cli
