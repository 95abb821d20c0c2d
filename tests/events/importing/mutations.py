"""What transport, editors and bugs do to a file of lines."""


def mutated(lines, chance):
    """`lines` (bytes) with one to eight accidents."""
    lines = list(lines)
    for _ in range(chance.randint(1, 8)):
        place = chance.randrange(len(lines))
        match chance.randrange(6):
            case 0:
                del lines[place]
            case 1:
                lines.insert(place, chance.choice(lines))
            case 2:
                line = bytearray(lines[place] or b"x")
                line[chance.randrange(len(line))] = chance.randrange(256)
                lines[place] = bytes(line)
            case 3:
                lines[place] = lines[place][: chance.randrange(len(lines[place]) + 1)]
            case 4:
                lines[place] = lines[place].rstrip() * chance.randint(2, 200) + b"\n"
            case 5:
                name = lines[place].partition(b":")[0]
                lines[place] = (
                    name
                    + b":"
                    + chance.choice([b"", b"\\", b"-" * 99, b"9" * 40, b"\xff\xfe", b"P1D"])
                    + b"\n"
                )
    return lines
