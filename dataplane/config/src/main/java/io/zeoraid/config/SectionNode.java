package io.zeoraid.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A section as the file has it, before anybody asked what it means. The lists grow while the file
 * is read, then nobody changes them.
 *
 * @param type in lower case; empty for the file itself
 * @param name in lower case, as ZConfig does
 * @param at the line that opens the section
 */
record SectionNode(
    String type,
    Optional<String> name,
    Location at,
    List<Entry> entries,
    List<SectionNode> sections) {

  SectionNode(String type, Optional<String> name, Location at) {
    this(type, name, at, new ArrayList<>(), new ArrayList<>());
  }

  /** {@code <zeoclient 1>}. */
  String label() {
    return Quoting.shortened("<" + type + name.map(given -> " " + given).orElse("") + ">");
  }
}
