package io.zeoraid.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The syntax, compared with {@code ZConfig.loadConfigFile} of ZConfig 4.3: each case was fed to it,
 * and the expected outcome is what it made of it, or that it refused it. In the tables {@code ¶}
 * ends a line, {@code ⇥} is a tab, {@code ␍} a carriage return, {@code ⍽} a no-break space.
 */
class ZConfigSyntaxTest {

  private static final Map<String, String> ENVIRONMENT = Map.of("ZR_TEST", "from-env");

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          key value # comment              | key=[value # comment]
          key                              | key=[]
          key value                        | key=[value]
          key value¶                       | key=[value]
          ⇥key⇥⇥value with  two⇥¶          | key=[value with  two]
          key⍽value⍽¶                      | key=[value]
          key(value)                       | key=[(value)]
          key <value>                      | key=[<value>]
          key %value                       | key=[%value]
          # only¶¶  # comments¶            | ``
          <S NaMe>¶KEY Value¶</s>          | <s name key=[Value]>
          <s/>¶<s a/>¶<s b />              | <s><s a><s b>
          <s a/b>¶</s>                     | <s a/b>
          <s a >¶</s >                     | <s a>
          <s>␍¶key value␍¶</s>␍¶           | <s key=[value]>
          <s>¶<t>¶a 1¶</t>¶b 2¶</s>        | <s b=[2] <t a=[1]>>
          %define A x¶%define a x¶key $A   | key=[x]
          %define A x¶%define B $A$A¶key ${b}y    | key=[xxy]
          %define A x¶key $A-b $A.c ${A}d  | key=[x-b x.c xd]
          %define A $$B¶%define B no¶key $A       | key=[$B]
          %define A¶key [$A]               | key=[[]]
          key a$$b$$                       | key=[a$b$]
          key $(ZR_TEST)x                  | key=[from-envx]
          """)
  void readsWhatZConfigReads(String text, String expected) throws ConfigException {
    assertEquals(expected, show(read(text)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          (key value         | <text>:1: a key must not begin with a parenthesis: '(key value'
          < s>¶</s>          | <text>:1: a section starts with <TYPE> or <TYPE NAME>, where neither contains white space or parentheses, not with '< s>'
          <s a b>¶</s>       | <text>:1: a section starts with <TYPE> or <TYPE NAME>, where neither contains white space or parentheses, not with '<s a b>'
          <>¶</>             | <text>:1: a section starts with <TYPE> or <TYPE NAME>, where neither contains white space or parentheses, not with '<>'
          <s a¶</s           | <text>:1: a section line must end with '>', with nothing behind it: '<s a'¶<text>:2: a section line must end with '>', with nothing behind it: '</s'
          <                  | <text>:1: a section line must end with '>', with nothing behind it: '<'
          <s> # x¶</s>           | <text>:1: a section line must end with '>', with nothing behind it: '<s> # x'
          <s>¶</ s>¶</s>     | <text>:2: </ s> does not match <s>, opened in line 1
          <s>¶</>¶</s>       | <text>:2: </> does not match <s>, opened in line 1
          <s>¶<t x>¶</s>     | <text>:3: </s> does not match <t x>, opened in line 2
          <s>                | <text>:1: <s> is not closed: </s> is missing
          </s>               | <text>:1: </s> closes nothing: no section is open here
          key a$             | <text>:1: key 'key': a '$' must be followed by NAME, {NAME} for a %define, (NAME) for the environment, or another '$' for the character itself
          key $1             | <text>:1: key 'key': a '$' must be followed by NAME, {NAME} for a %define, (NAME) for the environment, or another '$' for the character itself
          %define A x¶key ${A | <text>:2: key 'key': '${A' is not followed by '}'
          key $(A}           | <text>:1: key 'key': '$(A' is not followed by ')'
          key $nope          | <text>:1: key 'key': no %define above gives '$nope' a value
          %define home x¶key $homee  | <text>:2: key 'key': no %define above gives '$homee' a value; did you mean 'home'?
          key $(zr_test)     | <text>:1: key 'key': the environment has no variable 'zr_test'
          %define A x¶%define a y    | <text>:2: %define: a is 'x' already and cannot become 'y'
          %define A-b x      | <text>:1: %define: a name consists of ASCII letters, digits and underscores and does not begin with a digit, unlike 'A-b'
          %DEFINE A x        | <text>:1: %DEFINE is not a directive: allowed are %define, %import and %include
          %inclode x         | <text>:1: %inclode is not a directive: allowed are %define, %import and %include; did you mean 'include'?
          % define A x       | <text>:1: % is not a directive: allowed are %define, %import and %include
          %include           | <text>:1: %include needs something behind it
          """)
  void refusesWhatZConfigRefuses(String text, String message) {
    assertEquals(
        message.replace('¶', '\n'),
        assertThrows(ConfigException.class, () -> read(text)).getMessage());
  }

  /** Where we are kinder than ZConfig 4.3, which refuses both. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          \uFEFFkey value                                 | key=[value]
          %define A x¶%define B $A¶%define B $A¶key $B    | key=[x]
          """)
  void readsMoreThanZConfig(String text, String expected) throws ConfigException {
    assertEquals(expected, show(read(text)));
  }

  @Test
  void remembersFileAndLine() throws ConfigException {
    SectionNode section = read("¶# comment¶<s a>¶¶key value¶</s>").sections().getFirst();

    assertEquals(3, section.at().line());
    assertEquals(5, section.entries().getFirst().at().line());
    assertEquals("<text>", section.at().source().name());
  }

  @Test
  void countsAKeyAsGivenWhoseValueCannotBeHad() {
    Problems problems = new Problems();
    SectionNode root = readQuietly("server $nope", problems);

    assertEquals(
        new Entry("server", "", true, root.entries().getFirst().at()), root.entries().getFirst());
  }

  private static SectionNode readQuietly(String text, Problems problems) {
    try {
      return new ZConfigReader(problems, Map.of()).readText(text, Path.of(""));
    } catch (ConfigException e) {
      throw new AssertionError(e);
    }
  }

  private static SectionNode read(String table) throws ConfigException {
    String text =
        table.replace('¶', '\n').replace('⇥', '\t').replace('␍', '\r').replace('⍽', '\u00a0');
    Problems problems = new Problems();
    SectionNode root = new ZConfigReader(problems, ENVIRONMENT).readText(text, Path.of(""));
    if (problems.anyErrors()) {
      throw problems.exception();
    }
    return root;
  }

  private static String show(SectionNode node) {
    String entries =
        node.entries().stream()
            .map(entry -> entry.key() + "=[" + entry.value() + "]")
            .collect(Collectors.joining(" "));
    String sections =
        node.sections().stream()
            .map(inner ->
                "<"
                    + inner.type()
                    + inner.name().map(name -> " " + name).orElse("")
                    + (show(inner).isEmpty() ? "" : " " + show(inner))
                    + ">")
            .collect(Collectors.joining());
    return entries + (entries.isEmpty() || sections.isEmpty() ? "" : " ") + sections;
  }
}
