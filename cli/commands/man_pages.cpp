#include "cli/commands/man_pages.h"

#include <fstream>
#include <ostream>

#include <absl/strings/str_split.h>

#include "cli/commands/candidates.h"
#include "cli/commands/hidden_verbs.h"
#include "core/base/text.h"

namespace limpet::cli {
namespace {

// As groff prints it letter by letter.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool line_begins = out.empty() || out.back() == '\n';
    if (line_begins && (c == '.' || c == '\'')) out += "\\&";
    if (c == '-') {
      out += "\\-";
    } else if (c == '\\') {
      out += "\\e";
    } else {
      out += c;
    }
  }
  return out;
}

// "gwctl nodes adopt" with another separator.
std::string full_name(const CLI::App& verb, std::string_view separator) {
  const CLI::App* above = verb.get_parent();
  return above == nullptr ? verb.get_name()
                          : str_cat(full_name(*above, separator), separator, verb.get_name());
}

std::string flag_text(const CLI::Option& flag) {
  std::vector<std::string> names;
  for (const std::string& name : names_of(flag)) names.push_back("\\fB" + escaped(name) + "\\fR");
  std::string text = str_cat(".TP\n", join(names, ", "));
  if (takes_value(flag)) {
    const std::string type = flag.get_type_name();
    text += str_cat(" \\fI", escaped(type.substr(0, type.find(':'))), "\\fR");
  }
  text += str_cat("\n", escaped(flag.get_description()));
  if (!flag.get_default_str().empty()) {
    text += str_cat(" (default: ", escaped(flag.get_default_str()), ")");
  }
  if (!flag.get_envname().empty()) {
    text += str_cat(" (environment: ", escaped(flag.get_envname()), ")");
  }
  return text + "\n";
}

std::string synopsis(const CLI::App& verb) {
  std::string text = str_cat(".SH SYNOPSIS\n\\fB", escaped(full_name(verb, " ")), "\\fR");
  if (!shown_verbs(verb).empty()) text += " \\fIVERB\\fR";
  text += " [\\fIOPTIONS\\fR]";
  for (const CLI::Option* argument : shown_arguments(verb)) {
    const std::string name = str_cat("\\fI", escaped(argument->get_name(true)), "\\fR");
    const bool many = argument->get_items_expected_max() > 1;
    text += str_cat(argument->get_required() ? " " : " [", name, many ? "..." : "",
                    argument->get_required() ? "" : "]");
  }
  return text + "\n";
}

std::string footer_section(const CLI::App& verb) {
  std::string footer = verb.get_footer();
  if (footer.empty()) return {};
  // Its first line is a title.
  const size_t end = footer.find(":\n");
  std::string title = "NOTES";
  if (footer.starts_with("Examples:\n")) title = "EXAMPLES";
  if (footer.starts_with("Exit codes:\n")) title = "EXIT STATUS";
  if (title != "NOTES") footer.erase(0, end + 2);
  while (footer.ends_with('\n')) footer.pop_back();
  return str_cat(".SH ", title, "\n.nf\n", escaped(footer), "\n.fi\n");
}

std::string see_also(const CLI::App& verb) {
  std::vector<std::string> others;
  if (verb.get_parent() != nullptr) others.push_back(full_name(*verb.get_parent(), "-"));
  for (const CLI::App* below : shown_verbs(verb)) others.push_back(full_name(*below, "-"));
  std::string text = ".SH SEE ALSO\n";
  for (size_t i = 0; i < others.size(); ++i) {
    text += str_cat(".BR ", escaped(others[i]), " (1)", i + 1 < others.size() ? "," : "", "\n");
  }
  return text;
}

std::string page_text(const CLI::App& verb, const std::string& version) {
  const std::string name = full_name(verb, "-");
  std::string about = verb.get_description();
  const std::string own = str_cat(name, " - ");
  if (about.starts_with(own)) about.erase(0, own.size());
  std::string text = str_cat(".TH ", escaped(name), " 1 \"\" \"Limpet ", escaped(version),
                             "\" \"Limpet\"\n.SH NAME\n", escaped(name), " \\- ", escaped(about),
                             "\n", synopsis(verb));
  if (const auto below = shown_verbs(verb); !below.empty()) {
    text += ".SH VERBS\n";
    for (const CLI::App* each : below) {
      text += str_cat(".TP\n\\fB", escaped(each->get_name()), "\\fR\n",
                      escaped(each->get_description()), "\n");
    }
  }
  if (const auto arguments = shown_arguments(verb); !arguments.empty()) {
    text += ".SH ARGUMENTS\n";
    for (const CLI::Option* argument : arguments) {
      text += str_cat(".TP\n\\fI", escaped(argument->get_name(true)), "\\fR\n",
                      escaped(argument->get_description()), "\n");
    }
  }
  text += ".SH OPTIONS\n";
  for (const CLI::Option* flag : shown_flags(verb)) text += flag_text(*flag);
  if (verb.get_parent() != nullptr) {
    text += ".PP\nThe options of every verb, by which the server is reached, are in\n";
    text += ".BR gwctl (1).\n";
  }
  return text + footer_section(verb) + see_also(verb);
}

void add_pages(const CLI::App& verb, const std::string& version, std::vector<ManPage>& pages) {
  pages.push_back({full_name(verb, "-") + ".1", page_text(verb, version)});
  for (const CLI::App* below : shown_verbs(verb)) add_pages(*below, version, pages);
}

}  // namespace

std::vector<ManPage> man_pages(const CLI::App& gwctl, const std::string& version) {
  std::vector<ManPage> pages;
  add_pages(gwctl, version, pages);
  return pages;
}

int run_man(const CLI::App& app, const Session& session, const std::vector<std::string>& words) {
  if (words.size() != 1) return session.fail(kUsage, "__man takes a directory");
  for (const ManPage& page : man_pages(app, session.environment.version)) {
    const std::string path = str_cat(words[0], "/", page.file);
    std::ofstream file(path, std::ios::binary);
    file << page.text;
    file.close();
    if (!file) return session.fail(kUsage, str_cat("cannot write ", path));
  }
  return kOk;
}

}  // namespace limpet::cli
