package io.zeoraid.raid;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.time.Clock;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.UUID;

/**
 * The core has no threads, clock, randomness, sockets, or logging: it decides, and nothing else.
 */
@AnalyzeClasses(packages = "io.zeoraid.raid", importOptions = ImportOption.DoNotIncludeTests.class)
final class ArchitectureTest {

  @ArchTest
  static final ArchRule DEPENDS_ON_NOTHING_BUT_THE_PROTOCOL =
      classes()
          .should()
          .onlyDependOnClassesThat(
              resideInAnyPackage(
                  "java.lang..",
                  "java.util",
                  "java.util.function..",
                  "java.util.stream..",
                  "java.math",
                  "java.nio",
                  "java.nio.charset..",
                  "java.security..",
                  "java.time..",
                  "io.zeoraid.protocol..",
                  "io.zeoraid.raid..",
                  "org.jspecify.."));

  @ArchTest
  static final ArchRule HAS_NO_THREADS =
      noClasses()
          .should()
          .dependOnClassesThat()
          .areAssignableTo(Thread.class)
          .orShould()
          .dependOnClassesThat()
          .resideInAPackage("java.util.concurrent..");

  @ArchTest
  static final ArchRule HAS_NO_CLOCK =
      noClasses()
          .should()
          .callMethod(System.class, "currentTimeMillis")
          .orShould()
          .callMethod(System.class, "nanoTime")
          .orShould()
          .callMethod(Instant.class, "now")
          .orShould()
          .dependOnClassesThat()
          .areAssignableTo(Clock.class);

  @ArchTest
  static final ArchRule HAS_NO_CHANCE =
      noClasses()
          .should()
          .dependOnClassesThat()
          .areAssignableTo(java.util.random.RandomGenerator.class)
          .orShould()
          .callMethod(Math.class, "random")
          .orShould()
          .callMethod(UUID.class, "randomUUID");

  @ArchTest
  static final ArchRule ITERATES_OVER_NO_HASH_MAP =
      noClasses()
          .should()
          .callMethod(HashMap.class, "values")
          .orShould()
          .callMethod(HashMap.class, "keySet")
          .orShould()
          .callMethod(HashMap.class, "entrySet")
          .orShould()
          .dependOnClassesThat()
          .belongToAnyOf(HashSet.class);

  @ArchTest
  static final ArchRule MEMBERSHIP_AND_STATUS_DO_NOT_KNOW_THE_DECISIONS =
      noClasses()
          .that()
          .resideInAnyPackage("io.zeoraid.raid.membership", "io.zeoraid.raid.status")
          .should()
          .dependOnClassesThat()
          .belongToAnyOf(Raid.class, ReplicationCore.class, Event.class, Effect.class);
}
