// Opens the SQLite database file argv[1] and runs the SQL that standard input
// holds, statement by statement: each is echoed, then its rows are printed, or
// its error, and the session goes on. A line `.reopen` closes and reopens the
// database, as in SQLite's shell.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sqlite3.h"

static char *read_input(void) {
    size_t length = 0, capacity = 4096;
    char *text = malloc(capacity);
    size_t got;
    while (text != NULL && (got = fread(text + length, 1, capacity - length - 1, stdin)) > 0) {
        length += got;
        if (capacity - length < 2) {
            capacity *= 2;
            text = realloc(text, capacity);
        }
    }
    if (text == NULL) {
        fputs("out of memory\n", stderr);
        exit(1);
    }
    text[length] = '\0';
    return text;
}

static void print_value(sqlite3_stmt *statement, int column) {
    if (column > 0) {
        fputs(" | ", stdout);
    }
    switch (sqlite3_column_type(statement, column)) {
        case SQLITE_NULL:
            fputs("NULL", stdout);
            break;
        case SQLITE_BLOB: {
            const unsigned char *bytes = sqlite3_column_blob(statement, column);
            int length = sqlite3_column_bytes(statement, column);
            fputs("x'", stdout);
            for (int i = 0; i < length; i++) {
                printf("%02x", bytes[i]);
            }
            fputs("'", stdout);
            break;
        }
        default:
            fputs((const char *)sqlite3_column_text(statement, column), stdout);
    }
}

static void print_rows(sqlite3_stmt *statement) {
    int columns = sqlite3_column_count(statement), rows = 0, result;
    while ((result = sqlite3_step(statement)) == SQLITE_ROW) {
        if (rows == 0) {
            for (int i = 0; i < columns; i++) {
                printf("%s%s", i > 0 ? " | " : "  [", sqlite3_column_name(statement, i));
            }
            puts("]");
        }
        rows++;
        fputs("  ", stdout);
        for (int i = 0; i < columns; i++) {
            print_value(statement, i);
        }
        putchar('\n');
    }
    if (result != SQLITE_DONE) {
        printf("  error: %s\n", sqlite3_errmsg(sqlite3_db_handle(statement)));
    } else if (columns > 0 && rows == 0) {
        puts("  (no rows)");
    }
}

static sqlite3 *open_database(const char *path) {
    sqlite3 *database;
    if (sqlite3_open(path, &database) != SQLITE_OK) {
        fprintf(stderr, "cannot open %s: %s\n", path, sqlite3_errmsg(database));
        exit(1);
    }
    return database;
}

static void close_database(sqlite3 *database) {
    if (sqlite3_close(database) != SQLITE_OK) {
        fprintf(stderr, "cannot close: %s\n", sqlite3_errmsg(database));
        exit(1);
    }
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fputs("usage: sqlite_session DATABASE <SQL\n", stderr);
        return 2;
    }
    static const char reopen[] = ".reopen\n";
    sqlite3 *database = open_database(argv[1]);
    char *text = read_input();
    for (const char *sql = text; *sql != '\0';) {
        sqlite3_stmt *statement;
        const char *rest;
        sql += strspn(sql, " \n\t");
        if (strncmp(sql, reopen, strlen(reopen)) == 0) {
            close_database(database);
            database = open_database(argv[1]);
            sql += strlen(reopen);
            fputs("> .reopen\n", stdout);
            continue;
        }
        int result = sqlite3_prepare_v2(database, sql, -1, &statement, &rest);
        if (result != SQLITE_OK) {
            rest = strchr(sql, ';');
            rest = rest != NULL ? rest + 1 : sql + strlen(sql);
        }
        if (rest > sql) {
            printf("> %.*s\n", (int)(rest - sql), sql);
        }
        if (result != SQLITE_OK) {
            printf("  error: %s\n", sqlite3_errmsg(database));
        } else if (statement != NULL) {
            print_rows(statement);
            sqlite3_finalize(statement);
        }
        sql = rest;
    }
    free(text);
    close_database(database);
    return 0;
}
