#include "cli/jsonpath/parser.h"

#include <utility>

#include <absl/strings/numbers.h>

#include "core/base/text.h"

namespace limpet::cli::jsonpath {
namespace {

// End a name that is written without quotes; a backslash takes that from the next character.
constexpr std::string_view kEndOfName = " \t\n.,[]{}()$@'\"=!<>?*|&";

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  absl::StatusOr<std::vector<Part>> whole_template() {
    if (absl::Status s = check_size(); !s.ok()) return s;
    std::vector<Part> parts;
    if (absl::Status s = parts_until_end(parts, 0); !s.ok()) return s;
    return parts;
  }

  absl::StatusOr<Path> whole_path() {
    if (absl::Status s = check_size(); !s.ok()) return s;
    skip_spaces();
    const bool braces = take('{');
    skip_spaces();
    Path path;
    if (absl::Status s = read_path(path, /*bare_name=*/true, 0); !s.ok()) return s;
    skip_spaces();
    if (braces && !take('}')) return wrong("a } is missing");
    skip_spaces();
    if (!at_end()) return unexpected();
    return path;
  }

 private:
  bool at_end() const { return at_ == text_.size(); }
  char peek() const { return at_end() ? '\0' : text_[at_]; }
  bool next_is(std::string_view word) const { return text_.substr(at_).starts_with(word); }

  bool take(char c) {
    if (at_end() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool take(std::string_view word) {
    if (!next_is(word)) return false;
    at_ += word.size();
    return true;
  }
  void skip_spaces() {
    while (peek() == ' ' || peek() == '\t' || peek() == '\n') ++at_;
  }

  // Columns are counted in characters, from 1.
  absl::Status wrong(std::string_view message) const { return wrong_at(at_, message); }
  absl::Status wrong_at(size_t at, std::string_view message) const {
    size_t column = 1;
    for (const char c : text_.substr(0, at)) {
      if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) ++column;
    }
    return absl::InvalidArgumentError(str_cat("column ", column, ": ", message));
  }
  absl::Status unexpected() const {
    if (at_end()) return wrong("it ends too early");
    return wrong(str_cat("unexpected \"", text_.substr(at_, 1), "\""));
  }
  absl::Status check_size() const {
    if (text_.size() <= kMaxTemplateBytes) return absl::OkStatus();
    return absl::InvalidArgumentError(str_cat("is longer than ", kMaxTemplateBytes, " bytes"));
  }

  // Text and actions, until the template ends or, inside a range, its {end}.
  absl::Status parts_until_end(std::vector<Part>& parts, int depth) {
    if (depth > kMaxNesting) return wrong(str_cat("more than ", kMaxNesting, " ranges inside"));
    const size_t start = at_;
    while (!at_end()) {
      if (!take('{')) {
        const size_t brace = std::min(text_.find('{', at_), text_.size());
        parts.push_back({Part::Kind::kText, std::string(text_.substr(at_, brace - at_)), {}, {}});
        at_ = brace;
        continue;
      }
      bool ended = false;
      if (absl::Status s = action(parts, depth, ended); !s.ok()) return s;
      if (ended) return absl::OkStatus();
    }
    return depth == 0 ? absl::OkStatus() : wrong_at(start, "this range has no {end}");
  }

  bool keyword(std::string_view word) {
    const size_t after = at_ + word.size();
    if (!next_is(word)) return false;
    if (after < text_.size() && !contains(" \t\n.[{}$@", text_[after])) return false;
    at_ = after;
    return true;
  }

  // What stands between { and }.
  absl::Status action(std::vector<Part>& parts, int depth, bool& ended) {
    skip_spaces();
    if (peek() == '}') return wrong("nothing between { and }");
    while (!take('}')) {
      if (at_end()) return wrong("a } is missing");
      const size_t start = at_;
      if (keyword("end")) {
        if (depth == 0) return wrong_at(start, "{end} without a range");
        ended = true;
        skip_spaces();
        return take('}') ? absl::OkStatus() : unexpected();
      }
      if (absl::Status s = piece(parts, depth); !s.ok()) return s;
      skip_spaces();
    }
    return absl::OkStatus();
  }

  absl::Status piece(std::vector<Part>& parts, int depth) {
    Part part;
    if (keyword("range")) {
      part.kind = Part::Kind::kRange;
      skip_spaces();
      if (absl::Status s = read_path(part.path, false, 0); !s.ok()) return s;
      skip_spaces();
      if (!take('}')) return unexpected();
      if (absl::Status s = parts_until_end(part.parts, depth + 1); !s.ok()) return s;
      // The action of the range goes on behind its {end}, where there is nothing more.
      --at_;
    } else if (peek() == '"' || peek() == '\'') {
      if (absl::Status s = quoted(part.text); !s.ok()) return s;
    } else {
      part.kind = Part::Kind::kPath;
      if (absl::Status s = read_path(part.path, false, 0); !s.ok()) return s;
    }
    parts.push_back(std::move(part));
    return absl::OkStatus();
  }

  // $ or @ or nothing, and steps. `bare_name`: the first step may be a name without its dot.
  absl::Status read_path(Path& path, bool bare_name, int depth) {
    const size_t start = at_;
    if (take('$')) {
      path.from_root = true;
    } else if (!take('@') && bare_name && !at_end() && peek() != '.' && peek() != '[') {
      if (absl::Status s = name_step(path); !s.ok()) return s;
    }
    while (peek() == '.' || peek() == '[') {
      if (absl::Status s = step(path, depth); !s.ok()) return s;
    }
    return at_ == start ? unexpected() : absl::OkStatus();
  }

  absl::Status step(Path& path, int depth) {
    if (peek() == '[') return bracket(path, depth);
    if (take("..")) {
      path.steps.push_back({Step::Kind::kRecursive, {}, {}, {}});
      if (at_end() || contains(" \t\n}[)=!<>", peek())) return absl::OkStatus();  // "{..}"
    } else {
      ++at_;
      // "{.}" is the whole, as is ".[0]" the same as "[0]".
      if (at_end() || contains(" \t\n}[)=!<>", peek())) return absl::OkStatus();
    }
    return name_step(path);
  }

  absl::Status name_step(Path& path) {
    if (take('*')) {
      path.steps.push_back({Step::Kind::kWildcard, {}, {}, {}});
      return absl::OkStatus();
    }
    std::string name;
    while (!at_end() && !contains(kEndOfName, peek())) {
      if (peek() == '\\' && at_ + 1 < text_.size()) ++at_;
      name += text_[at_++];
    }
    if (name.empty()) return unexpected();
    path.steps.push_back({Step::Kind::kNames, {std::move(name)}, {}, {}});
    return absl::OkStatus();
  }

  absl::Status bracket(Path& path, int depth) {
    ++at_;
    skip_spaces();
    Step step;
    absl::Status status;
    if (take('*')) {
      step.kind = Step::Kind::kWildcard;
    } else if (peek() == '?') {
      step.kind = Step::Kind::kFilter;
      status = filter(step, depth + 1);
    } else if (peek() == '\'' || peek() == '"') {
      step.kind = Step::Kind::kNames;
      status = list([&] {
        step.names.emplace_back();
        return quoted(step.names.back());
      });
    } else {
      step.kind = Step::Kind::kSlices;
      status = list([&] { return slice(step.slices.emplace_back()); });
    }
    if (!status.ok()) return status;
    skip_spaces();
    if (!take(']')) return at_end() ? wrong("a ] is missing") : unexpected();
    path.steps.push_back(std::move(step));
    return absl::OkStatus();
  }

  // Elements with commas.
  template <typename Element>
  absl::Status list(Element element) {
    do {
      skip_spaces();
      if (absl::Status s = element(); !s.ok()) return s;
      skip_spaces();
    } while (take(','));
    return absl::OkStatus();
  }

  bool integer(std::optional<int64_t>& value) {
    size_t end = at_;
    if (end < text_.size() && text_[end] == '-') ++end;
    while (end < text_.size() && text_[end] >= '0' && text_[end] <= '9') ++end;
    int64_t number = 0;
    if (!absl::SimpleAtoi(absl_view(text_.substr(at_, end - at_)), &number)) return false;
    at_ = end;
    value = number;
    return true;
  }

  absl::Status slice(Slice& slice) {
    const size_t start = at_;
    integer(slice.begin);
    if (!take(':')) {
      slice.single = true;
      if (slice.begin) return absl::OkStatus();
      return wrong_at(start, "must be a number, a slice such as 1:3, a name in quotes, * or ?()");
    }
    integer(slice.end);
    if (take(':')) {
      std::optional<int64_t> step;
      integer(step);
      slice.step = step.value_or(1);
      if (slice.step < 1) return wrong_at(start, "the step of a slice must be above 0");
    }
    return absl::OkStatus();
  }

  absl::Status quoted(std::string& text) {
    const size_t start = at_;
    const char quote = peek();
    if (quote != '"' && quote != '\'') return unexpected();
    ++at_;
    while (!at_end() && peek() != quote) {
      const char c = text_[at_++];
      if (c != '\\' || at_end()) {
        text += c;
        continue;
      }
      const char escaped = text_[at_++];
      text += escaped == 'n' ? '\n' : escaped == 't' ? '\t' : escaped == 'r' ? '\r' : escaped;
    }
    return take(quote) ? absl::OkStatus() : wrong_at(start, "this quote does not end");
  }

  // ?(@.type=="Ready")
  absl::Status filter(Step& step, int depth) {
    if (depth > kMaxNesting) return wrong(str_cat("more than ", kMaxNesting, " filters inside"));
    ++at_;
    if (!take('(')) return wrong("a filter is ?(...)");
    const auto filter = std::make_shared<Filter>();
    if (absl::Status s = operand(filter->left, depth); !s.ok()) return s;
    using Op = Filter::Op;
    static constexpr std::pair<std::string_view, Op> kOps[] = {
        {"==", Op::kEqual},        {"!=", Op::kNotEqual}, {"<=", Op::kLessEqual},
        {">=", Op::kGreaterEqual}, {"<", Op::kLess},      {">", Op::kGreater}};
    for (const auto& [word, op] : kOps) {
      if (!take(word)) continue;
      filter->op = op;
      if (absl::Status s = operand(filter->right, depth); !s.ok()) return s;
      break;
    }
    if (!take(')')) {
      return at_end() ? wrong("a ) is missing") : wrong("must be ==, !=, <, <=, >, >= or )");
    }
    step.filter = filter;
    return absl::OkStatus();
  }

  absl::Status operand(Operand& operand, int depth) {
    skip_spaces();
    absl::Status status;
    if (peek() == '"' || peek() == '\'') {
      operand.kind = Operand::Kind::kString;
      status = quoted(operand.text);
    } else if (keyword_value(operand) || number(operand)) {
      status = absl::OkStatus();
    } else {
      status = read_path(operand.path, false, depth);
    }
    skip_spaces();
    return status;
  }

  bool keyword_value(Operand& operand) {
    for (const std::string_view word : {"true", "false"}) {
      if (!take(word)) continue;
      operand.kind = Operand::Kind::kBool;
      operand.text = std::string(word);
      return true;
    }
    return false;
  }

  bool number(Operand& operand) {
    double value = 0;
    size_t end = at_;
    while (end < text_.size() && contains("+-.0123456789eE", text_[end])) ++end;
    const bool begins = contains("-0123456789", peek()) && !at_end();
    if (!begins) return false;
    if (!absl::SimpleAtod(absl_view(text_.substr(at_, end - at_)), &value)) return false;
    operand.kind = Operand::Kind::kNumber;
    operand.text = std::string(text_.substr(at_, end - at_));
    at_ = end;
    return true;
  }

  const std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

absl::StatusOr<std::vector<Part>> parse_template(std::string_view text) {
  const bool path = !contains(text, '{') && (text.starts_with('.') || text.starts_with('$'));
  if (!path) return Parser(text).whole_template();
  absl::StatusOr<Path> only = parse_path(text);
  if (!only.ok()) return only.status();
  return std::vector<Part>{{Part::Kind::kPath, "", *std::move(only), {}}};
}

absl::StatusOr<Path> parse_path(std::string_view text) { return Parser(text).whole_path(); }

}  // namespace limpet::cli::jsonpath
