"""Label tables, word lists and tables of texts as they are found in public."""

from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
import pytest
from tests.forms.form import Form

from emotopy.errors import InputError
from emotopy.roles import Host


def regions(folder: Path, name: str, content: str | bytes, numbers=(1, 2, 3)):
    """The regions and networks of an image with these labels, by a table, and what was said."""
    from emotopy_plugins.atlases.labels import labels

    data = np.zeros((len(numbers) + 1, 3, 3), dtype=np.int32)
    data[1:] = np.array(numbers)[:, None, None]
    nibabel.save(nibabel.Nifti1Image(data, np.diag([2.0, 2, 2, 1])), folder / "atlas.nii.gz")
    (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    said: list[str] = []
    atlas = labels(folder / "atlas.nii.gz", folder / name, host=Host(notify=said.append))
    return dict(zip(numbers, names_by_number(atlas, data), strict=True)), dict(atlas.networks), said


def names_by_number(atlas, data):
    """Which region each label of the image is: positions in the atlas' own image say it."""
    own = np.asarray(atlas.label_image.dataobj)
    return [atlas.regions[int(own[data == number][0]) - 1] for number in np.unique(data)[1:]]


def scores(folder: Path, name: str, content: str, language: str | None = None):
    """Scores of a word list by word and emotion, zeros left out, its format, and where its scale begins."""
    from emotopy_plugins.shared.nrc_files import read_list

    (folder / name).write_text(content, encoding="utf-8")
    words = read_list(folder / name)
    found = {
        (word, emotion): float(score)
        for word, row in words.rows.items()
        for emotion, score in zip(words.emotions, words.scores[row], strict=True)
        if score
    }
    return found, words.format, words.low


def table(folder: Path, name: str, content: str | bytes):
    """A table of texts as rows of cells, its columns, and what was noted."""
    from emotopy.readers.table_notes import read_notes
    from emotopy.readers.tables import read_table

    (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    frame = read_table(folder / name)
    return [list(row) for row in frame.itertuples(index=False)], list(frame.columns), read_notes(frame)


# Label tables ------------------------------------------------------------------------------------------------------


def check_4s(folder):
    rows = (
        "index\tlabel\tnetwork_label\tlabel_7network\tindex_17network\tlabel_17network\tnetwork_label_17network\t"
        "atlas_name\tnetwork_id\n"
        "1\tLH_Vis_1\tVis\t7N_LH_Vis_1\t49.0\t17N_LH_PHC_1\tDefaultC\t4S156\tn/a\n"
        "2\tLH-Pu\tn/a\tn/a\tn/a\tn/a\tn/a\tCIT168\tn/a\n"
        "3\tLH_Amygdala\tn/a\tn/a\tn/a\tn/a\tn/a\tHCP\tn/a\n"
    )
    names, networks, _ = regions(folder, "atlas-4S156Parcels_dseg.tsv", rows)
    assert names == {1: "lh_vis_1", 2: "lh_pu", 3: "lh_amygdala"}
    assert networks == {"lh_vis_1": "vis"}


def check_aal_by_code(folder):
    content = "FAG\tPrecentral_L\t2001\nFAD\tPrecentral_R\t2002\nF1G\tFrontal_Sup_L\t2101\n"
    names, _, _ = regions(folder, "ROI_MNI_V4.txt", content, (2001, 2002, 2101))
    assert names == {2001: "precentral_l", 2002: "precentral_r", 2101: "frontal_sup_l"}


def check_aal_in_mricron(folder):
    content = "1 Precentral_L 2001\n2 Precentral_R 2002\n3 Frontal_Sup_L 2101\n"
    for numbers in ((1, 2, 3), (2001, 2002, 2101)):  # its own image, and those of SPM
        names, _, _ = regions(folder, "aal.nii.txt", content, numbers)
        assert list(names.values()) == ["precentral_l", "precentral_r", "frontal_sup_l"]


def check_freesurfer(folder):
    content = (
        "#$Id: FreeSurferColorLUT.txt\n\n#No. Label Name:                 R   G   B   A\n\n"
        "0   Unknown                        0   0   0   0\n"
        "10  Left-Thalamus                  0 118  14   0\n"
        "18  Left-Amygdala                103 255 255   0\n"
        "1035 ctx-lh-insula               255 192  32   0\n"
    )
    names, _, said = regions(folder, "LUT.txt", content, (10, 18, 1035))
    assert names == {10: "left_thalamus", 18: "left_amygdala", 1035: "ctx_lh_insula"}
    assert not said


def check_thalamus_lut(folder):
    content = "0 Unknown 0 0 0 0\n\n1 1-Pulvinar 255 0 0 0\n2 2-Anterior 0 255 0 0\n3 3-Medio_Dorsal 0 0 255 0\n"
    names, _, _ = regions(folder, "Thalamic_Nuclei-ColorLUT.txt", content)
    assert names == {1: "1_pulvinar", 2: "2_anterior", 3: "3_medio_dorsal"}


def check_mrtrix_aal(folder):
    content = (
        "# Copyright\n#\n# Terms.\n\n0    ???         Unknown                 0   0   0   0\n\n"
        "1    PREL        Precentral_L            243 231 117 255\n2    F1L         Frontal_Sup_L  212 91  65  255\n\n"
        "3    VER12       Vermis_1_2              73  126 151 128\n"
    )
    names, _, _ = regions(folder, "aal.txt", content)
    assert names == {1: "precentral_l", 2: "frontal_sup_l", 3: "vermis_1_2"}


def check_mrtrix_hcp(folder):
    content = (
        "# Lookup table\n# ID Labelname       R   G   B   A\n  1  L_V1           63   5 255 255\n"
        "  2  L_4            33 178  20 255\n 10  R_FEF         134 143 137 255\n"
    )
    names, _, _ = regions(folder, "hcpmmp1_ordered.txt", content, (1, 2, 10))
    assert names == {1: "l_v1", 2: "l_4", 10: "r_fef"}


def check_workbench(folder):
    content = "Primary Visual\n1 0 0 255 255\nSomatomotor\n3 0 255 255 255\nLanguage\n6 0 154 154 255\n"
    names, _, _ = regions(folder, "network_labelfile.txt", content, (1, 3, 6))
    assert names == {1: "primary_visual", 3: "somatomotor", 6: "language"}


def check_label_key(folder):
    header = "INDEX\tKEYVALUE\tLABEL\tRED\tGREEN\tBLUE\tALPHA\tHEMISPHERE\tNETWORK\tNETWORKKEY\tNETWORKSORTEDORDER\n"
    rows = (
        "1\t1\tVisual1-04_L-Ctx\t0\t0\t255\t255\tL\tVisual1\t1\t1\n"
        "2\t2\tVisual2-28_L-Ctx\t100\t0\t255\t255\tL\tVisual2\t2\t70\n"
        "3\t3\tDefault-01_R-Ctx\t255\t0\t0\t255\tR\tDefault\t9\t583\n"
    )
    names, networks, _ = regions(folder, "LabelKey.txt", header + rows)
    assert names == {1: "visual1_04_l_ctx", 2: "visual2_28_l_ctx", 3: "default_01_r_ctx"}
    assert set(networks.values()) == {"visual1", "visual2", "default"}


def check_jhu_xml(folder):
    content = (
        '<?xml version="1.0" encoding="ISO-8859-1"?>\n<atlas version="1.0">\n<header><name>JHU</name><type>Label</type>'
        "<images><imagefile>/JHU/x</imagefile></images></header>\n<data>\n"
        '<label index="0" x="0" y="0" z="0">Unclassified</label>\n'
        '<label index="1" x="69" y="83" z="36">Middle peduncle</label>\n'
        '<label index="2" x="89" y="97" z="40">Crossing tract (a part of it)</label>\n'
        '<label index="3" x="93" y="152" z="7">Genu</label>\n</data></atlas>\n'
    )
    names, _, said = regions(folder, "JHU-labels.xml", content)
    assert names == {1: "middle_peduncle", 2: "crossing_tract_a_part_of_it", 3: "genu"}
    assert not said


def check_miccai_csv(folder):
    content = "ROI_INDEX,ROI_NAME\n1,Unlabeled\n2,aals\n3,4th_Ventricle\n23,R_Accumbens\n"
    names, _, _ = regions(folder, "labels.csv", content, (2, 3, 23))
    assert names == {2: "aals", 3: "4th_ventricle", 23: "r_accumbens"}


def check_bars(folder):
    content = "1 | 3rd Ventricle\n5 | Left Amygdala\n17 | Left Hippocampus\n"
    names, _, _ = regions(folder, "labels.txt", content, (1, 5, 17))
    assert names == {1: "3rd_ventricle", 5: "left_amygdala", 17: "left_hippocampus"}


def check_difumo(folder):
    content = (
        "Component,Difumo_names,Yeo_networks7,Yeo_networks17,GM,WM,CSF\n"
        "1,Supramarginal gyrus LH,SalVentAttnA,SalVentAttnA,0.6,0.3,0.07\n"
        "2,Midbrain anterior,No network found,No network found,0.5,0.3,0.1\n"
        "3,Thalamus middle,No network found,No network found,0.6,0.4,0.0\n"
    )
    names, networks, _ = regions(folder, "labels_64_dictionary.csv", content)
    assert names == {1: "supramarginal_gyrus_lh", 2: "midbrain_anterior", 3: "thalamus_middle"}
    assert networks == {"supramarginal_gyrus_lh": "salventattna"}


def check_zero_based(folder):
    content = "index\tname\tx,y,z\n0\tLeft Thalamus\t54, 62, 35\n1\tLeft Caudate\t1, 2, 3\n2\tLeft Putamen\t4, 5, 6\n"
    with pytest.raises(InputError) as caught:  # the image counts from 1; no name may be one off without a word
        regions(folder, "dseg.tsv", content, (1, 2, 3))
    assert caught.value.file == "dseg.tsv"
    with_value = (
        "index\tname\tx,y,z\tvalue\n0\tLeft Thalamus\t54, 62, 35\t1\n1\tLeft Caudate\t1, 2, 3\t2\n"
        "2\tLeft Putamen\t4, 5, 6\t3\n"
    )
    names, _, said = regions(folder, "dseg.tsv", with_value, (1, 2, 3))
    assert names == {1: "left_thalamus", 2: "left_caudate", 3: "left_putamen"}
    assert said


def check_shared_table(folder):
    from emotopy_plugins.atlases.labels import labels

    regions(folder, "tpl-MNI_atlas-A_desc-3Parcels_dseg.tsv", "index\tname\tcolor\n1\ta\t#f\n2\tb\t#f\n3\tc\t#f\n")
    image = folder / "tpl-MNI_res-02_atlas-A_desc-3Parcels_dseg.nii.gz"
    (folder / "atlas.nii.gz").rename(image)
    assert labels(image).regions == ("a", "b", "c")


def check_itk_snap(folder):
    content = (
        "################################################\n# ITK-SnAP Label Description File\n# File format: \n"
        "# IDX   -R-  -G-  -B-  -A--  VIS MSH  LABEL\n# Fields: \n#    IDX:   Zero-based index \n"
        "################################################\n"
        '    0     0    0    0        0  0  0    "Clear Label"\n    1   255    0    0        1  1  1    "Femur Right"\n'
        '    2     0  255    0        1  1  1    "Femur Left"\n   80     0    0  255        1  1  1    "Pelvis"\n'
    )
    names, _, _ = regions(folder, "labels.txt", content, (1, 2, 80))
    assert names == {1: "femur_right", 2: "femur_left", 80: "pelvis"}


# Word lists --------------------------------------------------------------------------------------------------------


def check_emolex_words(folder):
    content = "glum\tanger\t0\nglum\tsadness\t1\nmerry\tjoy\t1\nmerry\tsadness\t0\n"
    found, kind, _ = scores(folder, "NRC-Emotion-Lexicon-Wordlevel-v0.92.txt", content)
    assert (found, kind) == ({("glum", "sadness"): 1.0, ("merry", "joy"): 1.0}, "emolex")


def check_emolex_wide(folder):
    affects = [
        "anger",
        "anticipation",
        "disgust",
        "fear",
        "joy",
        "negative",
        "positive",
        "sadness",
        "surprise",
        "trust",
    ]
    rows = [["English Word", *affects, "Japanese Word"], ["glum", *"0000010100", "x"], ["merry", *"0000101000", "y"]]
    content = "".join("\t".join(row) + "\n" for row in rows)
    found, kind, _ = scores(folder, "Japanese-NRC-EmoLex.txt", content)
    pairs = [("glum", "negative"), ("glum", "sadness"), ("merry", "joy"), ("merry", "positive")]
    assert (found, kind) == (dict.fromkeys(pairs, 1.0), "emolex")


def check_intensity_of_ones(folder):
    """A list of degrees whose part at hand is all 0 or 1 isn't thereby one of categories."""
    content = "term\tscore\tAffectDimension\noutraged\t1\tanger\nmerry\t1\tjoy\n"
    found, kind, _ = scores(folder, "NRC-AffectIntensity-Lexicon.txt", content)
    assert (found, kind) == ({("outraged", "anger"): 1.0, ("merry", "joy"): 1.0}, "intensity")


def check_hashtag(folder):
    content = "anticipation\tsoon\t1.75\njoy\t#merry\t2.25\njoy\tanger\t0.5\n"
    found, _, _ = scores(folder, "NRC-Hashtag-Emotion-Lexicon-v0.2.txt", content)
    assert found == {("soon", "anticipation"): 1.75, ("#merry", "joy"): 2.25, ("anger", "joy"): 0.5}


def check_hashtag_with_text(folder):
    content = "NRC Hashtag Emotion Lexicon\nVersion 0.2\n\n1. Terms: for research.\n\n......\n\njoy\tmerry\t0.25\n"
    found, _, _ = scores(folder, "list.txt", content)
    assert found == {("merry", "joy"): 0.25}


def check_vad_without_header(folder):
    content = "aaaaaaah\t0.479\t0.606\t0.291\naaaah\t0.520\t0.636\t0.282\n"
    found, kind, low = scores(folder, "NRC-VAD-Lexicon.txt", content)
    assert (kind, low, found["aaaah", "arousal"]) == ("vad", 0.0, 0.636)
    assert ("aaaaaaah", "valence") in found


def check_tidytext(folder):
    content = '"word","sentiment"\n"abacus","trust"\n"abandon","fear"\n"abandon","negative"\n'
    found, kind, _ = scores(folder, "nrc.csv", content)
    assert found == {("abacus", "trust"): 1.0, ("abandon", "fear"): 1.0, ("abandon", "negative"): 1.0}
    assert kind == "emolex"


# Tables of texts ---------------------------------------------------------------------------------------------------


def check_numbers_export(folder):
    rows, columns, notes = table(folder, "a.csv", "id,text,group\n1,so it is,a\n,,\n2,and so on,b\n,,\n,,\n,,\n")
    assert columns == ["id", "text", "group"]
    assert rows == [["1", "so it is", "a"], ["2", "and so on", "b"]]
    assert notes


def check_index_column(folder):
    from emotopy.readers.corpora import corpus_from
    from emotopy.readers.tables import read_table

    (folder / "a.csv").write_text(",comment\n0,so it is\n1,and so on\n")
    corpus = corpus_from(read_table(folder / "a.csv"))
    assert (corpus.text, corpus.group) == (("so it is", "and so on"), (None, None))


def check_semicolons(folder):
    rows, columns, notes = table(folder, "a.csv", "id;text\n1;so, it is\n2;and so on\n")
    assert (columns, rows) == (["id", "text"], [["1", "so, it is"], ["2", "and so on"]])
    assert notes


def check_separator_line(folder):
    content = 'sep=,\n"name","description"\n"Bägs","Größe, ja"\n'.encode()
    rows, columns, _ = table(folder, "a.csv", content)
    assert (columns, rows) == (["name", "description"], [["Bägs", "Größe, ja"]])


def check_trailing_separator(folder):
    """A cell too many in every row: the header names none for it, and nothing moves by a column."""
    with pytest.raises(InputError) as caught:
        table(folder, "a.csv", "A,B,text\n1,4,so it is,\n2,5,and so on,\n")
    assert (caught.value.file, caught.value.row) == ("a.csv", 2)


def check_daic_labels(folder):
    from emotopy_plugins.datasets.daic_woz import DaicWozDataset

    (folder / "300_P").mkdir()
    (folder / "300_P" / "300_TRANSCRIPT.csv").write_text(
        "start_time\tstop_time\tspeaker\tvalue\n1.0\t2.0\tParticipant\tso it is\n\t\t\t\n"
    )
    (folder / "train_split_Depression_AVEC2017.csv").write_text(
        "Participant_ID,PHQ8_Binary,PHQ8_Score,Gender\n300,0,2,1\n301,NaN,NaN,0\n,,,\n,,,\n"
    )
    frame = DaicWozDataset().load(folder)
    assert frame[["participant", "phq8", "group"]].to_numpy().tolist() == [["300", 2, "healthy"]]


MRTRIX = "MRtrix3/mrtrix3 share/mrtrix3/labelconvert/"
COLE = "ColeLab/ColeAnticevicNetPartition "
EMOLEX = (
    "dgarcia-eu/SocialDataScience Tutorials/3_Affect/036_SupervisedTextClassification/NRC-Emotion-Lexicon/README.txt"
)
FORMS = (
    Form("4S", "label table", "PennLINC/AtlasPack atlas-4S156Parcels_dseg.tsv", "`label`, networks `n/a`", check_4s),
    Form(
        "AAL by code", "label table", "fieldtrip/fieldtrip fileio/ft_read_atlas.m", "three columns", check_aal_by_code
    ),
    Form(
        "AAL of MRIcron",
        "label table",
        "brainstorm-tools/brainstorm3 toolbox/io/in_label_mricron.m",
        "place, name, code",
        check_aal_in_mricron,
    ),
    Form("FreeSurfer", "label table", "nilearn/nilearn#5813", "colour table, `Unknown` at 0", check_freesurfer),
    Form(
        "thalamus", "label table", "PennLINC/AtlasPack thalamus/make_labels_tsv.py", "colour table", check_thalamus_lut
    ),
    Form("MRtrix, two names", "label table", f"{MRTRIX}aal.txt", "short name, name, colours", check_mrtrix_aal),
    Form("MRtrix, one name", "label table", f"{MRTRIX}hcpmmp1_ordered.txt", "names such as L_4", check_mrtrix_hcp),
    Form(
        "Workbench",
        "label table",
        f"{COLE}network_labelfile.txt",
        "a line with the name, one with colours",
        check_workbench,
    ),
    Form(
        "label key",
        "label table",
        f"{COLE}CortexSubcortex_ColeAnticevic_NetPartition_wSubcorGSR_parcels_LR_LabelKey.txt",
        "capitals, two columns of numbers, in a .txt",
        check_label_key,
    ),
    Form("FSL labels", "label table", "CoBrALab/atlases#3", "XML, index = number in the image", check_jhu_xml),
    Form("MICCAI", "label table", "ggsegverse/ggseg.extra#8", "CSV with ROI_INDEX, ROI_NAME", check_miccai_csv),
    Form("bars", "label table", "iBEAT-V2/iBEAT-V2.0-Docker#3", "number | name of several words", check_bars),
    Form("DiFuMo", "label table", "Parietal-INRIA/DiFuMo#4", "`No network found`", check_difumo),
    Form(
        "counted from 0", "label table", "templateflow/templateflow#16", "index from 0, image from 1", check_zero_based
    ),
    Form("shared table", "label table", "PennLINC/informatics_misc#49", "a table without `res-`", check_shared_table),
    Form("ITK-SNAP", "label table", "Bonelab/Ogo ogo/dat/OgoMasterLabels.py", "label description", check_itk_snap),
    Form("EmoLex words", "lexicon", EMOLEX, "word, emotion, flag", check_emolex_words),
    Form("EmoLex wide", "lexicon", EMOLEX, "a column per emotion, read for English", check_emolex_wide),
    Form(
        "intensity",
        "lexicon",
        "EmilHvitfeldt/textdata#21",
        "the intensity list, with all scores 1",
        check_intensity_of_ones,
    ),
    Form(
        "Hashtag",
        "lexicon",
        "WladimirSidorenko/SemEval-2016 scripts/data/NRC-Hashtag-Emotion-Lexicon-v0.2/README.txt",
        "emotion, word, score without a bound",
        check_hashtag,
    ),
    Form(
        "Hashtag with text",
        "lexicon",
        "text-machine-lab/TwitterHawk resources/lexicons/HashtagEmotion/README.txt",
        "terms and version before the list",
        check_hashtag_with_text,
    ),
    Form("VAD", "lexicon", "EmilHvitfeldt/textdata#56", "no header", check_vad_without_header),
    Form("tidytext", "lexicon", "simmieyungie/texter R/nrc.R", "columns word, sentiment, no score", check_tidytext),
    Form(
        "blank rows", "table of texts", "alphagov/notifications-utils#14", "rows with only commas", check_numbers_export
    ),
    Form("row numbers", "table of texts", "huggingface/datasets#5490", "a column without a name", check_index_column),
    Form("semicolons", "table of texts", "asafdav/ng-csv#28", "European settings of Excel", check_semicolons),
    Form("sep=", "table of texts", "alexcaza/export-to-csv#119", "a line for Excel, umlauts", check_separator_line),
    Form("trailing comma", "table of texts", "pandas-dev/pandas#14124", "one cell too many", check_trailing_separator),
    Form(
        "DAIC labels",
        "table of texts",
        "The-Obstacle-Is-The-Way/ai-psychiatrist docs/data/data-splits-overview.md",
        "participants without scores, blank rows",
        check_daic_labels,
    ),
)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_form(form, tmp_path):
    """The form is read as its format says."""
    form.check(tmp_path)
