package io.zeoraid.config;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Reads the syntax of ZConfig: lines of {@code key value}, sections, comments, {@code %define},
 * {@code %include}, {@code %import}. It doesn't know what a key means.
 *
 * <p>A line that is wrong is reported and skipped, so that one reading finds all of them. Source:
 * {@code ZConfig/cfgparser.py}; what differs on purpose: control characters are refused, files have
 * bounds ({@link SourceFiles}, {@link #MAX_LINE_CHARS}, {@link #MAX_DEPTH}), {@code %include} takes
 * file names only, a byte order mark is skipped, and a definition may be repeated if the outcome is
 * the same.
 *
 * <p>For one configuration, by one thread.
 */
final class ZConfigReader {

  static final int MAX_LINE_CHARS = 16 * 1024;

  /** Far beyond what any section type of ZEO nests. */
  static final int MAX_DEPTH = 16;

  private static final Set<String> DIRECTIVES = Set.of("define", "import", "include");

  /** Packages whose section types this reader knows by itself. */
  private static final Set<String> KNOWN_PACKAGES =
      Set.of("gocept.zeoraid", "ZEO", "ZODB", "zdaemon", "ZConfig.components.logger");

  private final Problems problems;
  private final Substitution substitution;
  private final SourceFiles files = new SourceFiles();

  /** Sections that are open, the innermost first; never the file itself. */
  private final Deque<SectionNode> open = new ArrayDeque<>();

  private boolean unbalanced;

  ZConfigReader(Problems problems, Map<String, String> environment) {
    this.problems = problems;
    this.substitution = new Substitution(environment);
  }

  /**
   * Reads a file and what it includes.
   *
   * @throws ConfigException if the file can't be opened, or the tree makes no sense
   */
  SectionNode readFile(Path file) throws ConfigException {
    switch (files.open(file)) {
      case SourceFiles.Opened.Failed failed ->
          throw problems.giveUp(
              new Location(failed.source(), failed.line()),
              failed.line() == 0 ? "the file " + failed.message() : failed.message());
      case SourceFiles.Opened.Text opened -> {
        SectionNode root = readAll(opened.source(), opened.text());
        files.close();
        return root;
      }
    }
  }

  /**
   * Reads a text and what it includes.
   *
   * @throws ConfigException if the tree makes no sense
   */
  SectionNode readText(String text, Path directory) throws ConfigException {
    if (text.length() > SourceFiles.MAX_FILE_BYTES) {
      throw problems.giveUp(
          new Location(files.text(directory), 0),
          "is larger than "
              + SourceFiles.MAX_FILE_BYTES
              + " characters, too much for a configuration");
    }
    return readAll(files.text(directory), text);
  }

  private SectionNode readAll(Source source, String text) throws ConfigException {
    SectionNode root = new SectionNode("", Optional.empty(), new Location(source, 1));
    readLines(root, source, text);
    if (unbalanced) {
      throw problems.exception();
    }
    return root;
  }

  /** Reads a source into a section; sections it opens it must close. */
  private void readLines(SectionNode container, Source source, String text) throws ConfigException {
    int openBefore = open.size();
    boolean controlCharacterReported = false;
    int start = text.startsWith("\uFEFF") ? 1 : 0;
    for (int number = 1; start <= text.length(); number++) {
      int end = text.indexOf('\n', start);
      end = end < 0 ? text.length() : end;
      Location at = new Location(source, number);
      String raw = text.substring(start, end);
      start = end + 1;
      if (raw.length() > MAX_LINE_CHARS) {
        problems.error(at, "the line is longer than " + MAX_LINE_CHARS + " characters");
        continue;
      }
      String line = Spaces.strip(raw);
      OptionalInt control = Spaces.firstControlCharacter(line);
      if (control.isPresent()) {
        if (!controlCharacterReported) {
          problems.error(
              at,
              "the line contains the control character "
                  + Quoting.codePoint(line.charAt(control.getAsInt()))
                  + "; is this a text file?");
        }
        controlCharacterReported = true;
        continue;
      }
      readLine(container, openBefore, line, at);
    }
    while (open.size() > openBefore) {
      SectionNode unclosed = open.pop();
      unbalanced = true;
      problems.error(
          unclosed.at(),
          unclosed.label()
              + " is not closed: </"
              + Quoting.shortened(unclosed.type())
              + "> is missing");
    }
  }

  private void readLine(SectionNode container, int openBefore, String line, Location at)
      throws ConfigException {
    if (line.isEmpty() || line.charAt(0) == '#') {
      return;
    }
    SectionNode section = open.size() > openBefore ? open.element() : container;
    if (line.charAt(0) == '<') {
      sectionLine(section, openBefore, line, at);
    } else if (line.charAt(0) == '%') {
      directive(section, line.substring(1), at);
    } else {
      entry(section, line, at);
    }
  }

  private void sectionLine(SectionNode section, int openBefore, String line, Location at)
      throws ConfigException {
    boolean end = line.startsWith("</");
    int start = end ? 2 : 1;
    String header = line.substring(start, Math.max(start, line.length() - 1));
    if (line.charAt(line.length() - 1) != '>') {
      problems.error(
          at, "a section line must end with '>', with nothing behind it: " + Quoting.quoted(line));
      // Go on with what it must have been, so that the other half of the pair is no error, too.
      unbalanced = true;
      int closing = line.indexOf('>');
      String rest = line.substring(start, closing < 0 ? line.length() : closing);
      header = rest.substring(0, Spaces.endOfWord(rest, 0));
      if (header.isEmpty()) {
        return;
      }
    }
    if (end) {
      close(openBefore, header, at);
    } else {
      open(section, header, at);
    }
  }

  private void open(SectionNode container, String header, Location at) throws ConfigException {
    boolean empty = header.endsWith("/");
    String text = Spaces.stripEnd(empty ? header.substring(0, header.length() - 1) : header);
    int typeStart = Spaces.skip(text, 0);
    int typeEnd = Spaces.endOfWord(text, typeStart);
    int nameStart = Spaces.skip(text, typeEnd);
    int nameEnd = Spaces.endOfWord(text, nameStart);
    boolean wellFormed = typeStart == 0 && typeEnd > 0 && nameEnd == text.length();
    if (!wellFormed) {
      problems.error(
          at,
          "a section starts with <TYPE> or <TYPE NAME>, where neither contains white space or"
              + " parentheses, not with "
              + Quoting.quoted("<" + header + ">"));
      // Open it all the same, nameless: its end is still to come and must not be an error, too.
      unbalanced = true;
      nameStart = text.length();
    }
    String name = lower(text.substring(nameStart));
    SectionNode section =
        new SectionNode(
            lower(text.substring(typeStart, typeEnd)),
            name.isEmpty() ? Optional.empty() : Optional.of(name),
            at);
    if (open.size() >= MAX_DEPTH) {
      throw problems.giveUp(
          at, section.label() + " is nested too deeply: at most " + MAX_DEPTH + " levels");
    }
    container.sections().add(section);
    if (!empty) {
      open.push(section);
    }
  }

  private void close(int openBefore, String rest, Location at) {
    String type = lower(Spaces.stripEnd(rest));
    String shown = "</" + Quoting.shortened(type) + ">";
    if (open.size() == openBefore) {
      unbalanced = true;
      problems.error(at, shown + " closes nothing: no section is open here");
      return;
    }
    SectionNode innermost = open.element();
    if (innermost.type().equals(type)) {
      open.pop();
      return;
    }
    unbalanced = true;
    problems.error(
        at,
        "%s does not match %s, opened in %s"
            .formatted(shown, innermost.label(), innermost.at().seenFrom(at)));
    closeOuter(openBefore, type);
  }

  /**
   * Somebody forgot to close an inner section: go on as if it had been, so that later errors make
   * sense.
   */
  private void closeOuter(int openBefore, String type) {
    int inner = 0;
    for (SectionNode section : open) {
      if (inner == open.size() - openBefore) {
        return;
      }
      inner++;
      if (section.type().equals(type)) {
        for (int i = 0; i < inner; i++) {
          open.pop();
        }
        return;
      }
    }
  }

  private void entry(SectionNode section, String line, Location at) {
    int keyEnd = Spaces.endOfWord(line, 0);
    if (keyEnd == 0) {
      problems.error(at, "a key must not begin with a parenthesis: " + Quoting.quoted(line));
      return;
    }
    String key = lower(line.substring(0, keyEnd));
    Optional<String> value =
        substituted(line.substring(Spaces.skip(line, keyEnd)), "key " + Quoting.quoted(key), at);
    section.entries().add(new Entry(key, value.orElse(""), value.isEmpty(), at));
  }

  private void directive(SectionNode section, String line, Location at) throws ConfigException {
    int nameEnd = Spaces.endOfWord(line, 0);
    String name = line.substring(0, nameEnd);
    String argument = line.substring(Spaces.skip(line, nameEnd));
    String shown = Quoting.shortened("%" + name);
    if (!DIRECTIVES.contains(name)) {
      problems.error(
          at,
          "%s is not a directive: allowed are %%define, %%import and %%include%s"
              .formatted(shown, NearMiss.hint(name, DIRECTIVES)));
    } else if (argument.isEmpty()) {
      problems.error(at, shown + " needs something behind it");
    } else {
      switch (name) {
        case "define" -> define(argument, at);
        case "import" -> substituted(argument, shown, at).ifPresent(it -> noteImport(it, at));
        default -> {
          Optional<String> file = substituted(argument, shown, at);
          if (file.isPresent()) {
            include(section, file.get(), at);
          }
        }
      }
    }
  }

  private void define(String argument, Location at) {
    int nameEnd = Spaces.endOfNonSpace(argument);
    String name = argument.substring(0, nameEnd);
    if (!Substitution.isName(name)) {
      problems.error(
          at,
          "%define: a name consists of ASCII letters, digits and underscores and does not begin"
              + " with a digit, unlike "
              + Quoting.quoted(name));
      return;
    }
    Optional<String> value =
        substituted(argument.substring(Spaces.skip(argument, nameEnd)), "%define " + name, at);
    if (value.isEmpty()) {
      return;
    }
    substitution
        .define(name, value.get())
        .ifPresent(before ->
            problems.error(
                at,
                "%%define: %s is %s already and cannot become %s"
                    .formatted(name, Quoting.quoted(before), Quoting.quoted(value.get()))));
  }

  private void noteImport(String argument, Location at) {
    if (!KNOWN_PACKAGES.contains(argument)) {
      problems.notice(
          at,
          "%import",
          "nothing is imported from "
              + Quoting.quoted(argument)
              + ": ZEORaid knows only its own section types, and those of ZEO.");
    }
  }

  private void include(SectionNode section, String argument, Location at) throws ConfigException {
    String name = argument.startsWith("file:///") ? argument.substring(7) : argument;
    if (name.contains("://") || name.startsWith("package:")) {
      problems.error(at, "%include takes the name of a file, not " + Quoting.quoted(argument));
      return;
    }
    Path file;
    try {
      file = at.source().directory().resolve(name);
    } catch (InvalidPathException e) {
      problems.error(
          at, "%include: " + Quoting.quoted(name) + " is no file name: " + e.getReason());
      return;
    }
    switch (files.open(file)) {
      case SourceFiles.Opened.Failed failed -> {
        String where = failed.line() == 0 ? " " : ", line " + failed.line() + ": ";
        problems.error(at, "%include: " + failed.source().name() + where + failed.message());
      }
      case SourceFiles.Opened.Text opened -> {
        readLines(section, opened.source(), opened.text());
        files.close();
      }
    }
  }

  /**
   * The text after substitution; empty if there is something wrong with it, which is then reported.
   */
  private Optional<String> substituted(String text, String what, Location at) {
    return switch (substitution.substitute(text)) {
      case Substitution.Outcome.Text substituted -> Optional.of(substituted.text());
      case Substitution.Outcome.Wrong wrong -> {
        problems.error(at, what + ": " + wrong.message());
        yield Optional.empty();
      }
    };
  }

  private static String lower(String text) {
    return text.toLowerCase(Locale.ROOT);
  }
}
