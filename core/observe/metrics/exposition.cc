#include "observe/metrics/exposition.h"

#include <array>
#include <charconv>
#include <cmath>

namespace tenon::observe {

namespace {

constexpr double exact_integer_max = 9007199254740992.0;  // 2^53

std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  std::array<char, 40> digits;
  char* const first = digits.data();
  char* const last = first + digits.size();
  const bool integral = value == std::trunc(value) && std::fabs(value) < exact_integer_max;
  const auto end = integral ? std::to_chars(first, last, static_cast<std::int64_t>(value))
                            : std::to_chars(first, last, value);
  return {first, end.ptr};
}

// OpenMetrics wants bounds to look like floating point numbers: "1.0", not "1".
std::string bound_text(double bound, ExpositionFormat format) {
  std::string text = number(bound);
  const bool looks_integral = text.find_first_not_of("-0123456789") == std::string::npos;
  if (format == ExpositionFormat::openmetrics && looks_integral) text += ".0";
  return text;
}

enum class QuoteEscape { yes, no };

void append_text(std::string& out, std::string_view text, QuoteEscape quotes) {
  for (const char c : text) {
    if (c == '\\')
      out += "\\\\";
    else if (c == '\n')
      out += "\\n";
    else if (c == '"' && quotes == QuoteEscape::yes)
      out += "\\\"";
    else
      out += c;
  }
}

std::string_view kind_name(MetricKind kind) {
  switch (kind) {
    case MetricKind::counter:
      return "counter";
    case MetricKind::gauge:
      return "gauge";
    case MetricKind::histogram:
      return "histogram";
  }
  return "unknown";
}

class Writer {
 public:
  explicit Writer(ExpositionFormat format) : format_(format) {}

  void family(const MetricFamily& family) {
    head(family);
    for (const MetricSample& sample : family.samples) {
      if (family.kind == MetricKind::histogram)
        histogram(family.name, sample);
      else
        line(family.name, "", sample, {}, number(sample.value));
    }
  }

  std::string finish() && {
    if (format_ == ExpositionFormat::openmetrics) out_ += "# EOF\n";
    return std::move(out_);
  }

 private:
  void head(const MetricFamily& family) {
    std::string_view name = family.name;
    const bool openmetrics = format_ == ExpositionFormat::openmetrics;
    if (openmetrics && family.kind == MetricKind::counter)
      name.remove_suffix(std::string_view("_total").size());
    out_ += "# HELP ";
    out_ += name;
    out_ += ' ';
    append_text(out_, family.help, openmetrics ? QuoteEscape::yes : QuoteEscape::no);
    out_ += "\n# TYPE ";
    out_ += name;
    out_ += ' ';
    out_ += kind_name(family.kind);
    out_ += '\n';
  }

  void histogram(std::string_view name, const MetricSample& sample) {
    for (std::size_t i = 0; i < sample.cumulative.size(); ++i) {
      const std::string bound = i < sample.bounds.size() ? bound_text(sample.bounds[i], format_) : "+Inf";
      line(name, "_bucket", sample, bound, std::to_string(sample.cumulative[i]));
    }
    line(name, "_sum", sample, {}, number(sample.sum));
    line(name, "_count", sample, {}, std::to_string(sample.cumulative.back()));
  }

  void label(char before, std::string_view name, std::string_view value) {
    out_ += before;
    out_ += name;
    out_ += "=\"";
    append_text(out_, value, QuoteEscape::yes);
    out_ += '"';
  }

  void line(std::string_view name, std::string_view ending, const MetricSample& sample,
            std::string_view bound, std::string_view value) {
    out_ += name;
    out_ += ending;
    char before = '{';
    for (const auto& [key, text] : sample.labels) {
      label(before, key, text);
      before = ',';
    }
    if (!bound.empty()) {
      label(before, "le", bound);
      before = ',';
    }
    if (before == ',') out_ += '}';
    out_ += ' ';
    out_ += value;
    out_ += '\n';
  }

  const ExpositionFormat format_;
  std::string out_;
};

}  // namespace

std::string_view content_type(ExpositionFormat format) {
  return format == ExpositionFormat::openmetrics
             ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
             : "text/plain; version=0.0.4; charset=utf-8";
}

std::string write_exposition(std::span<const MetricFamily> families, ExpositionFormat format) {
  Writer writer(format);
  for (const MetricFamily& family : families) writer.family(family);
  return std::move(writer).finish();
}

}  // namespace tenon::observe
